/**
 * Does something in a task of its own behind the next frame, and so many milliseconds after it: what is to be shown is on the screen
 * first. Gives what calls it off.
 */
export function later(work: () => void, wait = 0): () => void {
  let task: ReturnType<typeof setTimeout> | undefined
  const frame = requestAnimationFrame(() => (task = setTimeout(work, wait)))
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(task)
  }
}
