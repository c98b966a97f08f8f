// Who acts, and from where: for the log.
import { hostname, userInfo } from 'node:os'
import type { Io } from './context.ts'

export interface Operator {
  readonly who: string
  readonly from: string
}

/** The person behind sudo and SSH, as far as the environment tells. It is a name for the log, no proof of who it was. */
export function operatorOf({ env }: Pick<Io, 'env'>): Operator {
  const client = env['SSH_CONNECTION']?.split(' ')[0] ?? env['SSH_CLIENT']?.split(' ')[0]
  return {
    who: env['SUDO_USER'] || nameOfUser() || env['USER'] || 'unknown',
    from: client ? `${hostname()} (ssh from ${client})` : hostname(),
  }
}

/** A user id without an account has no name. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  }
}
