// Lets Node load TypeScript: node --import=./test/support/typescript/register.js some.ts
import { register } from 'node:module'

register('./hooks.js', import.meta.url)
