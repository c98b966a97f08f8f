// yasco stop VM: asks its guest to shut down, and takes its power away when it does not.
import { actOn } from '../acting.ts'
import type { Run } from '../context.ts'

export const run: Run = context => actOn(context, { do: 'stop', vm: context.arguments[0] ?? '' })
