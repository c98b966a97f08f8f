import type { Plugin } from 'esbuild'

export const embedEtcdProto: Plugin
