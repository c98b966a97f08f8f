// yasco fence HWM status|off|on: the fence devices of an HWM, asked or used by hand.
import { openFenceDevice, powerOff } from '../../fencing/power-off.ts'
import { FenceFailed } from '../../fencing/device.ts'
import { openCluster } from '../acting.ts'
import { confirmPlan, refuseIfReadOnly } from '../ask.ts'
import type { Context, Run } from '../context.ts'
import { EXIT, Refused, WrongUse } from '../exit.ts'
import { printJson, printLines } from '../print.ts'

export const run: Run = async context => {
  const [hwm = '', verb = ''] = context.arguments
  if (verb !== 'status' && verb !== 'off' && verb !== 'on') {
    throw new WrongUse(`fence ${hwm} ${verb}: expected status, off or on`)
  }
  if (verb !== 'status') refuseIfReadOnly(context)
  await using cluster = await openCluster(context)
  const { snapshot } = cluster.observation
  const view = snapshot.hwms[hwm]
  if (view === undefined) throw new Refused(`there is no HWM ${hwm} in ${snapshot.cluster}`)
  if (verb === 'off') await cluster.operations.remember()
  const devices = (await cluster.operations.fenceDevices(hwm)).map(openFenceDevice)
  if (devices.length === 0) throw new Refused(`${hwm} has no fence device in the cluster file`)
  if (verb === 'status') return await status(context, hwm, devices)
  if (verb === 'on') {
    await confirmPlan(context, { confirm: 'yes', subject: hwm, sentence: `Switch ${hwm} on` })
    return await switchOn(context, hwm, devices)
  }
  await confirmPlan(context, {
    confirm: 'name',
    subject: hwm,
    sentence: `Switch ${hwm} off: all that runs there ends`,
  })
  const result = await powerOff(devices, { signal: context.signal })
  if (!result.off)
    throw new Refused([`${hwm} could not be switched off`, ...result.attempts].join('\n       '))
  await cluster.operations.declareOff(hwm, result, context.options.text('reason') ?? '')
  printLines(context, [`${hwm}: off, read back from ${result.device}`])
  return EXIT.done
}

async function status(
  context: Context,
  hwm: string,
  devices: readonly ReturnType<typeof openFenceDevice>[],
): ReturnType<Run> {
  const readings = await Promise.all(
    devices.map(async device => {
      try {
        return {
          device: device.label,
          power: await device.power({ signal: context.signal }),
          problem: '',
        }
      } catch (error) {
        if (!(error instanceof FenceFailed)) throw error
        return { device: device.label, power: 'unknown', problem: error.message }
      }
    }),
  )
  if (context.options.has('json')) printJson(context, 'FenceStatus', { hwm, readings })
  else
    printLines(
      context,
      readings.map(({ device, power, problem }) => `${hwm}  ${device}  ${problem || power}`),
    )
  return readings.every(({ power }) => power !== 'unknown') ? EXIT.done : EXIT.failed
}

async function switchOn(
  context: Context,
  hwm: string,
  devices: readonly ReturnType<typeof openFenceDevice>[],
): ReturnType<Run> {
  const failures: string[] = []
  for (const device of devices) {
    try {
      await device.on({ signal: context.signal })
      printLines(context, [`${hwm}: told to switch on, by ${device.label}`])
      return EXIT.done
    } catch (error) {
      if (!(error instanceof FenceFailed)) throw error
      failures.push(error.message)
    }
  }
  throw new Refused([`${hwm} could not be switched on`, ...failures].join('\n       '))
}
