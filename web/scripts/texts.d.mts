import type { Plugin } from 'vite'

export function texts(): Plugin
export function takeTexts(code: string, program: unknown): { rest: string; values: unknown[] }
