// The lab's guest: 512 bytes that tell the truth. At each boot it adds one to a counter on its own disk, then prints
// "B<boots> T<ticks>" on its serial port at every tick of the BIOS clock (18.2 a second). A live migration leaves the
// boots as they are and the ticks going on; a cold start is one boot more, and the ticks begin anew.

/** What one guest does beside counting. It is told by its second sector, so that the code is the same for all. */
export interface GuestHabits {
  /** Ignores the power button: a graceful shutdown never ends. */
  stubborn?: boolean
  /** Dirties 4 MiB at every tick: under a bandwidth of some MiB/s a migration never converges. */
  busy?: boolean
  /** Switches itself off after so many ticks; 0 or absent: never. */
  offAfterTicks?: number
}

export const sectorSize = 512

const origin = 0x7c00
const stubbornFlag = 1
const busyFlag = 2

/**
 * The code, assembled by hand. A line holds bytes in hex, and what they are after the semicolon; `name:` sets a label,
 * `>name` is a jump's 8-bit distance to it, `>>name` a call's of 16 bits, `@name` its address.
 * 7e00: boots (32 bits). 7e04: habits. 7e08: switch off after so many ticks. ACPI's registers lie at 600 (SeaBIOS).
 */
const listing = `
  fa                      ; cli
  31 c0                   ; xor ax, ax
  8e d8                   ; mov ds, ax
  8e d0                   ; mov ss, ax
  bc 00 7c                ; mov sp, 7c00
  fb                      ; sti
  88 16 @drive            ; mov [drive], dl       the BIOS says which disk this is
  b4 42                   ; mov ah, 42            extended read
  e8 >>disk               ; call disk
  66 ff 06 00 7e          ; inc dword [7e00]      one boot more
  b8 00 43                ; mov ax, 4300          extended write, no verify
  e8 >>disk               ; call disk
  f6 06 04 7e 01          ; test byte [7e04], 1   stubborn?
  75 >tick                ; jnz tick
  ba 02 06                ; mov dx, 602           ACPI PM1 enable:
  b8 00 01                ; mov ax, 100           the power button
  ef                      ; out dx, ax
tick:
  66 ff 06 @ticks         ; inc dword [ticks]
  b0 42                   ; mov al, 'B'
  e8 >>put                ; call put
  66 a1 00 7e             ; mov eax, [7e00]
  e8 >>decimal            ; call decimal
  b0 20                   ; mov al, ' '
  e8 >>put                ; call put
  b0 54                   ; mov al, 'T'
  e8 >>put                ; call put
  66 a1 @ticks            ; mov eax, [ticks]
  e8 >>decimal            ; call decimal
  b0 0a                   ; mov al, newline
  e8 >>put                ; call put
  ba 00 06                ; mov dx, 600           ACPI PM1 status
  ed                      ; in ax, dx
  f6 c4 01                ; test ah, 1            power button pressed?
  75 >off                 ; jnz off
  66 a1 08 7e             ; mov eax, [7e08]
  66 85 c0                ; test eax, eax
  74 >work                ; jz work
  66 39 06 @ticks         ; cmp [ticks], eax      the ticks it was given are over?
  73 >off                 ; jae off
work:
  f6 06 04 7e 02          ; test byte [7e04], 2   busy?
  74 >wait                ; jz wait
  66 bb 00 00 10 00       ; mov ebx, 100000       from 1 MiB ...
page:
  67 ff 03                ; inc word [ebx]        (TCG knows no limit of 64 KiB in real mode; KVM would)
  66 81 c3 00 10 00 00    ; add ebx, 1000         ... a page at a time ...
  66 81 fb 00 00 50 00    ; cmp ebx, 500000       ... to 5 MiB
  72 >page                ; jb page
wait:
  f4                      ; hlt
  66 a1 6c 04             ; mov eax, [46c]        the BIOS's own count of ticks
  66 3b 06 @last          ; cmp eax, [last]
  74 >wait                ; je wait
  66 a3 @last             ; mov [last], eax
  eb >tick                ; jmp tick
off:
  ba 04 06                ; mov dx, 604           ACPI PM1 control:
  b8 00 20                ; mov ax, 2000          sleep enable, type 0: soft off
  ef                      ; out dx, ax
dead:
  f4                      ; hlt
  eb >dead                ; jmp dead
disk:
  be @packet              ; mov si, packet
  8a 16 @drive            ; mov dl, [drive]
  cd 13                   ; int 13
  72 >dead                ; jc dead               no disk, no truth: it stays silent
  c3                      ; ret
decimal:
  66 bb 0a 00 00 00       ; mov ebx, 10
  66 31 d2                ; xor edx, edx
  66 f7 f3                ; div ebx
  52                      ; push dx               the last digit
  66 85 c0                ; test eax, eax
  74 >digit               ; jz digit
  e8 >>decimal            ; call decimal          those before it
digit:
  58                      ; pop ax
  04 30                   ; add al, '0'           and on into put
put:
  50                      ; push ax
  ba fd 03                ; mov dx, 3fd           COM1 line status
full:
  ec                      ; in al, dx
  a8 20                   ; test al, 20           room for a byte?
  74 >full                ; jz full
  58                      ; pop ax
  b2 f8                   ; mov dl, f8            COM1 data
  ee                      ; out dx, al
  c3                      ; ret
packet:
  10 00 01 00             ; 16 bytes, one sector
  00 7e 00 00             ; to 0000:7e00
  01 00 00 00 00 00 00 00 ; sector 1
ticks:
  00 00 00 00
last:
  00 00 00 00
drive:
  00
`

interface Line {
  at: number
  tokens: string[]
}

const widths: Record<string, number> = { '>': 1, '>>': 2, '@': 2 }

function markOf(token: string): string {
  return /^(>>|>|@)/.exec(token)?.[0] ?? ''
}

/** Where every line and label lies; offsets from the sector's start. */
function lay(text: string): { lines: Line[]; labels: Map<string, number>; size: number } {
  const lines: Line[] = []
  const labels = new Map<string, number>()
  let at = 0
  for (const raw of text.split('\n')) {
    const code = raw.replace(/;.*/, '').trim()
    if (code === '') continue
    if (code.endsWith(':')) {
      labels.set(code.slice(0, -1), at)
      continue
    }
    const tokens = code.split(/\s+/)
    lines.push({ at, tokens })
    for (const token of tokens) at += widths[markOf(token)] ?? 1
  }
  return { lines, labels, size: at }
}

/** Bytes of one line. A distance counts from the end of its instruction, which is the end of its line. */
function encode(line: Line, labels: Map<string, number>): number[] {
  const length = line.tokens.reduce((sum, token) => sum + (widths[markOf(token)] ?? 1), 0)
  return line.tokens.flatMap(token => {
    const mark = markOf(token)
    if (mark === '') return [Number.parseInt(token, 16)]
    const target = labels.get(token.slice(mark.length))
    if (target === undefined) throw new Error(`boot sector: no label '${token}'`)
    const value = mark === '@' ? origin + target : target - (line.at + length)
    if (mark === '>' && (value < -128 || value > 127)) {
      throw new Error(`boot sector: '${token}' is ${value} bytes away, too far for a short jump`)
    }
    return mark === '>' ? [value & 0xff] : [value & 0xff, (value >> 8) & 0xff]
  })
}

/** The boot sector itself: the same for every guest. */
export function bootSector(): Buffer {
  const { lines, labels, size } = lay(listing)
  if (size > sectorSize - 2) throw new Error(`boot sector: ${size} bytes, more than fit`)
  const sector = Buffer.alloc(sectorSize)
  Buffer.from(lines.flatMap(line => encode(line, labels))).copy(sector)
  sector.writeUInt16LE(0xaa55, sectorSize - 2)
  return sector
}

/** A whole raw disk of `size` bytes: boot sector, counter and habits, then nothing. */
export function guestDisk(habits: GuestHabits = {}, size = 64 * 1024): Buffer {
  const disk = Buffer.alloc(size)
  bootSector().copy(disk)
  disk.writeUInt8(
    (habits.stubborn ? stubbornFlag : 0) | (habits.busy ? busyFlag : 0),
    sectorSize + 4,
  )
  disk.writeUInt32LE(habits.offAfterTicks ?? 0, sectorSize + 8)
  return disk
}

/** How often the guest of this disk has booted, as its own counter says. */
export function bootsOnDisk(disk: Buffer): number {
  return disk.readUInt32LE(sectorSize)
}
