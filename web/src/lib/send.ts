// Requests to the program, and the one that the page begins with: it is sent while the page itself is still on its way.

export interface Asked {
  method: 'GET' | 'POST'
  path: string
  body?: unknown
}

interface Ahead extends Asked {
  reply: Promise<Response>
  stop: AbortController
}

let ahead: Ahead | undefined

/** Where the program has a document. */
export function documentPath(id: string): string {
  return `/documents/${encodeURIComponent(id)}`
}

/** The reply to this request, which is sent now if it was not sent ahead; its body goes as JSON. */
export function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  return sentAhead(method, path, body, signal) ?? sent(method, path, body, signal)
}

export function sendAhead(asked: Asked): void {
  const stop = new AbortController()
  const reply = sent(asked.method, asked.path, asked.body, stop.signal)
  // What fails is told to who takes it.
  reply.catch(() => undefined)
  ahead = { ...asked, reply, stop }
}

/** Once, and only until something else is asked in the same place. */
function sentAhead(method: string, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> | undefined {
  if (ahead?.method !== method || ahead.path !== path) return undefined
  const { body: asked, reply, stop } = ahead
  ahead = undefined
  if (JSON.stringify(asked) !== JSON.stringify(body)) return undefined
  signal?.addEventListener('abort', () => stop.abort())
  return reply
}

function sent(method: string, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
  const request: RequestInit = { method, credentials: 'same-origin', cache: 'no-store' }
  if (body !== undefined) {
    request.body = JSON.stringify(body)
    request.headers = { 'Content-Type': 'application/json' }
  }
  if (signal) request.signal = signal
  return fetch(`/api/v1${path}`, request)
}
