// A domain store that is a folder on an HWM, on CephFS as a rule. A read there can hang for ever, out of the reach of any signal, so
// this process never touches the folder itself: each call is a shell script in a process of its own, which is left behind when it hangs.
import { randomUUID } from 'node:crypto'
import {
  type CallOptions,
  DomainStoreFailed,
  DomainStoreSilent,
  type DomainStore,
  type RunOnHwm,
  RunTimedOut,
} from './store.ts'

const LIMIT_MS = 5_000
const SUFFIX = '.xml'

/** Exit status of a script that found no such file: what sh itself uses lies above 125, what cat uses is 1. */
const NO_FILE = 44

/** Names may hold any character but `/` and controls: they go as arguments, never into the script. */
const READ = `[ -e "$1" ] || exit ${NO_FILE}; exec cat -- "$1"`
const LIST = `cd -- "$1" || exit; for file in *${SUFFIX} .*${SUFFIX}; do [ -e "$file" ] && printf '%s\\n' "$file"; done; exit 0`
/** One command for many files: over SSH each command costs as much as many files. Before each comes a line that is in none of them. */
const READ_MANY =
  'mark=$1; shift; for file do [ -e "$file" ] || continue; printf \'%s\\n\' "$mark$file"; cat -- "$file" || exit; printf \'\\n\'; done; exit 0'
/** As arguments of one command. */
const FILES_AT_ONCE = 100

/** Written beside its place, flushed and renamed: another host sees the old XML or the new one, never a part. */
const WRITE = `umask 077; temporary=$2/.$3.$$.new; mkdir -p -- "$2" && cat >"$temporary" && sync -- "$temporary" && mv -f -- "$temporary" "$1" || { rm -f -- "$temporary"; exit 1; }`

export class FolderStore implements DomainStore {
  readonly name: string
  readonly #folder: string
  readonly #run: RunOnHwm
  readonly #mayHang: boolean

  /** `place`: which HWM the scripts run on, for people. `mayHang`: it lies on a shared file system. */
  constructor(folder: string, place: string, run: RunOnHwm, mayHang = true) {
    this.name = place === '' ? folder : `${folder} on ${place}`
    this.#folder = folder
    this.#run = run
    this.#mayHang = mayHang
  }

  async list(options?: CallOptions): Promise<readonly string[]> {
    const { stdout } = await this.#call('listing it', LIST, [this.#folder], options)
    const files = stdout.split('\n').filter(file => file.endsWith(SUFFIX))
    return files.map(file => file.slice(0, -SUFFIX.length)).toSorted()
  }

  async read(vm: string, options?: CallOptions): Promise<string | undefined> {
    const { status, stdout } = await this.#call(`reading ${vm}`, READ, [this.#file(vm)], options)
    return status === NO_FILE ? undefined : stdout
  }

  async readMany(
    vms: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (let at = 0; at < vms.length; at += FILES_AT_ONCE) {
      const some = vms.slice(at, at + FILES_AT_ONCE)
      const mark = `-- ${randomUUID()} `
      const args = [mark, ...some.map(vm => this.#file(vm))]
      const { stdout } = await this.#call(`reading ${some.length} files`, READ_MANY, args, options)
      const parts = `\n${stdout}`.split(`\n${mark}`).slice(1)
      for (const part of parts) {
        const end = part.indexOf('\n')
        const path = part.slice(0, end - SUFFIX.length)
        const vm = path.slice(path.lastIndexOf('/') + 1)
        // The last file is followed by the line break that the others lost to the split.
        const text = part.slice(end + 1)
        found.set(vm, part === parts.at(-1) ? text.slice(0, -1) : text)
      }
    }
    return found
  }

  async write(vm: string, xml: string, options?: CallOptions): Promise<void> {
    const args = [this.#file(vm), this.#folder, vm]
    await this.#call(`writing ${vm}`, WRITE, args, options, xml)
  }

  #file(vm: string): string {
    return `${this.#folder}/${vm}${SUFFIX}`
  }

  async #call(
    what: string,
    script: string,
    args: readonly string[],
    options: CallOptions = {},
    input?: string,
  ) {
    const { timeoutMs = LIMIT_MS, signal } = options
    try {
      const limits = { timeoutMs, ...(signal && { signal }) }
      const result = await this.#run(script, {
        ...limits,
        args,
        mayHang: this.#mayHang,
        ...(input !== undefined && { input }),
      })
      if (result.status !== 0 && result.status !== NO_FILE) {
        const reason = result.stderr.trim() || `exit status ${result.status}`
        throw new DomainStoreFailed(this.name, what, reason)
      }
      return result
    } catch (error) {
      if (error instanceof RunTimedOut) throw new DomainStoreSilent(this.name, what, timeoutMs)
      throw error
    }
  }
}
