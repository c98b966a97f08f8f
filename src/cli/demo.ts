// `yasco demo`: the console on a made-up cluster; without a terminal, a story of it as text.
import type { DemoSpec } from '../engine/spec.ts'
import type { Context, Run } from './context.ts'
import { EXIT, WrongUse } from './exit.ts'

/** Above it the simulator itself would be what is slow. */
const MOST = { hwms: 5_000, vms: 50_000 }

export const run: Run = async context => {
  const { io, options } = context
  const seed = options.whole('seed', 0) ?? 1
  const size = sizeOf(options.text('size'))
  if (io.stdin.isTTY && io.stdout.isTTY) {
    const { openConsole } = await import('./console.ts')
    return openConsole(
      context,
      specOf(seed, size, await storyOf(context), options.has('read-only')),
    )
  }
  await print(context, seed, size)
  return EXIT.done
}

function specOf(
  seed: number,
  size: DemoSpec['size'],
  story: string | undefined,
  readOnly: boolean,
): DemoSpec {
  const spec = { mode: 'demo', seed, readOnly } as const
  const sized = size ? { ...spec, size } : spec
  return story === undefined ? sized : { ...sized, story }
}

/** On a terminal a story plays only when asked for: who looks around wants to do so in peace. */
async function storyOf({ options }: Context): Promise<string | undefined> {
  if (!options.has('story')) return undefined
  const { FIRST_LOOK } = await import('../simulator/first-look.ts')
  return FIRST_LOOK
}

async function print({ io }: Context, seed: number, size: DemoSpec['size']): Promise<void> {
  const { sized, threeHosts } = await import('../simulator/made-up.ts')
  const { FIRST_LOOK } = await import('../simulator/first-look.ts')
  const { parseStory } = await import('../simulator/story.ts')
  const { anyStory } = await import('../simulator/any-story.ts')
  const { lineOf, tell } = await import('../simulator/playback.ts')
  const cluster = size ? sized(size.hwms, size.vms, seed) : threeHosts()
  const story = parseStory(size ? anyStory(cluster) : FIRST_LOOK)
  for await (const telling of tell(story, cluster, seed)) io.stdout.write(`${lineOf(telling)}\n`)
}

function sizeOf(text: string | undefined): DemoSpec['size'] {
  if (text === undefined) return undefined
  const [, hwms = '', vms = ''] = /^(\d+)x(\d+)$/.exec(text) ?? []
  const size = { hwms: Number(hwms), vms: Number(vms) }
  if (size.hwms >= 1 && size.hwms <= MOST.hwms && size.vms >= 1 && size.vms <= MOST.vms) return size
  throw new WrongUse(
    `--size ${text}: expected HWMSxVMS, such as 3x20, up to ${MOST.hwms}x${MOST.vms}`,
  )
}
