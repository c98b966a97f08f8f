// The whole screen: two lines of head, the body, the newest event, the line of keys. Everything it shows is in one `FrameView`.
import { Box } from 'ink'
import { memo, use, useSyncExternalStore } from 'react'
import type { FrameView } from '../src/console/view/frame.ts'
import type { Paint } from './paint.ts'
import { useKeys } from './parts/keys.ts'
import { PaintContext } from './parts/paint-context.ts'
import { Row } from './parts/Row.tsx'
import { PaneScreen } from './screens/PaneScreen.tsx'

/** Where pictures come from, see `Publisher`. */
export interface FrameSource {
  readonly frame: FrameView
  subscribe(listener: () => void): () => void
}

export interface AppProps {
  readonly source: FrameSource
  readonly paint: Paint
  readonly press: (key: string) => void
}

export function App({ source, paint, press }: AppProps) {
  return (
    <PaintContext value={paint}>
      <Keys press={press} />
      <Screen source={source} />
    </PaintContext>
  )
}

/** Apart from the screen, so that a new picture does not touch the keyboard. */
const Keys = memo(function Keys({ press }: { readonly press: (key: string) => void }) {
  useKeys(press)
  return null
})

const Screen = memo(function Screen({ source }: { readonly source: FrameSource }) {
  const frame = useSyncExternalStore(
    listener => source.subscribe(listener),
    () => source.frame,
  )
  const paint = use(PaintContext)
  return (
    <Box flexDirection="column" width={frame.columns} height={frame.rows}>
      <Row text={paint(frame.header[0])} />
      <Row text={paint(frame.header[1])} />
      <PaneScreen frame={frame} />
      {frame.event ? <Row text={paint(frame.event)} /> : null}
      <Row text={paint(frame.keys)} />
    </Box>
  )
})
