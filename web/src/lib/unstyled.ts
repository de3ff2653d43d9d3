// Stands for @lezer/highlight, which @lezer/markdown imports to say how each node is coloured in an editor. Nothing is coloured here.

type AnyTag = { (...of: unknown[]): AnyTag; [name: string]: AnyTag }

const tag = new Proxy(() => tag, { get: () => tag }) as AnyTag

export const tags = tag
export const styleTags = () => () => null
export class Tag {}
