// An executable that stands where `ceph` does: knows the three commands a barrier needs, and keeps its block-list in a file.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** As Ceph 16 prints it: what it did goes to standard error, entries have a nonce of 0. `fault` is shell that runs before each command. */
export function ceph(list: string, fault = ''): string {
  return `#!/bin/sh
# Options first: --connect-timeout S, --conf FILE, --id USER.
echo "$*" >>${list}.asked
while [ "\${1#--}" != "$1" ]; do shift 2; done
${fault}
case "$1 $2 $3" in
  "osd blocklist add") echo "$4" >>${list}; echo "blocklisting $4:0/0 until 2036-11-23T12:00:00" >&2;;
  "osd blocklist rm") sed -i "/^$4\\$/d" ${list}; echo "un-blocklisting $4:0/0" >&2;;
  "osd dump --format")
    entries=$(sort -u ${list} | while read -r address; do printf '%s"%s:0/0": "2036-11-23"' "$comma" "$address"; comma=,; done)
    printf '{"epoch": 12, "blocklist": {%s}}\\n' "$entries";;
  *) echo "no valid command found" >&2; exit 22;;
esac
`
}

/** Puts it into a folder, to be found there by PATH. */
export function writeCeph(folder: string, fault?: string): void {
  const path = join(folder, 'ceph')
  writeFileSync(join(folder, 'list'), '')
  writeFileSync(path, ceph(join(folder, 'list'), fault))
  chmodSync(path, 0o755)
}
