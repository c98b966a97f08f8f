import { Text } from 'ink'
import { memo } from 'react'

/** One line of the screen, already as wide as it will be. Drawn again only when its text is another. */
export const Row = memo(function Row({ text }: { readonly text: string }) {
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>
})
