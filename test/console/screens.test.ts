// What an operator does and sees, told in keys and cells.
import { describe, test } from 'vitest'
import { cluster, console } from './language/story.ts'

const three = () => console.at('80x24').on(cluster('three-hosts'))

describe('truth at once', () => {
  test('a host that fails comes first, with its reason and what waits', () =>
    three()
      .sees('HWM 3 up 3')
      .sees('live')
      .kill('quark')
      .sees('quark    DOWN')
      .sees('ssh: no route to host')
      .sees('HWM 3 up 2 DOWN 1')
      .sees('waiting 2')
      .sees('21:13:51  quark does not answer')
      .seesAs('DOWN 1', 'red')
      .golden('host-down-80x24'))

  test('its age grows in steps, and nothing is drawn between them', () =>
    three()
      .kill('quark')
      .sees('0 s')
      .after('12 s', { refresh: true })
      .sees('12 s')
      .after('7 s', { refresh: true })
      .stillSees('12 s')
      .after('1 s', { refresh: true })
      .sees('20 s')
      .after('5 min', { refresh: true })
      .sees('5 min'))

  test('a VM that was restarted elsewhere is away, and says from where', () =>
    three()
      .kill('quark')
      .move('win7-vmm2', 'snailin')
      .sees('away 1')
      .press('2')
      .sees(/win7-vmm2 +HAVM +▲ running +snailin +away quark/)
      .seesAs('away quark', 'magenta'))

  test('one member of etcd lost is seen, the rest is as before', () =>
    three()
      .loseEtcd(2)
      .sees('etcd 2/3')
      .sees('leader quark')
      .sees('live')
      .seesAs('etcd 2/3', 'yellow'))

  test('etcd lost: what libvirt says stays live, what etcd said is dated', () =>
    three()
      .loseEtcd(1)
      .sees('etcd LOST 0 s')
      .doesNotSee('live')
      .seesAs('etcd LOST', 'red')
      .after('30 s', { refresh: false })
      .sees('etcd LOST 30 s')
      .sees('snailin')
      .golden('etcd-lost-80x24'))

  test('the engine lost: the last picture stays, dated and dimmed; another engine goes on', () =>
    three()
      .sees('live')
      .dropEngine()
      .sees('ENGINE LOST 0 s')
      .sees('starting it again')
      .sees('quark    up')
      .seesAs('quark', 'dim')
      .golden('engine-lost-80x24')
      .after('1 s')
      .eventually('live')
      .doesNotSee('ENGINE LOST'))

  test('facts that nobody renews are old after 12 s, and said to be', () =>
    three()
      .sees('live')
      .after('10 s')
      .stillSees('live')
      .after('12 s')
      .doesNotSee('live')
      .sees('facts of 20 s ago')
      .sees('quark    up 20 s'))

  test('a VM that runs twice is the first thing one sees', () =>
    three()
      .does(scene => scene.cluster.changeVm('test', { state: 'double' }))
      .sees('DOUBLE 1')
      .press('2')
      .selects('test')
      .sees('◆ DOUBLE')
      .seesAs('◆ DOUBLE', 'red'))

  test('values in etcd that cannot be read are counted, and listed on demand', () =>
    console
      .at('100x30')
      .on(cluster('three-hosts'))
      .does(scene =>
        scene.cluster.change({
          badValues: [{ key: '/yasco/innopolis/vms/test', problem: 'expected a boolean at ha' }],
        }),
      )
      .sees('1 unreadable')
      .type(':problems\r')
      .sees('/yasco/innopolis/vms/test')
      .sees('expected a boolean at ha'))
})

describe('moving about', () => {
  test('the selection is a mark, moves with keys, and stays on its item while the list moves', () =>
    three()
      .selects('andreys')
      .press('j')
      .selects('quark')
      .press('down')
      .selects('snailin')
      .press('j')
      .selects('snailin')
      .kill('snailin')
      .selects('snailin')
      .press('g')
      .selects('snailin')
      .press('G')
      .selects('quark'))

  test('keys that come in one burst are all obeyed', () =>
    three().type('jj').selects('snailin').type('kk').selects('andreys'))

  test('screens by number; Esc goes back and never leaves', () =>
    three()
      .press('2')
      .sees('freebsd-vmm2')
      .press('6')
      .sees('watching the cluster from revision 4711')
      .press('1', 'esc', 'esc')
      .sees(' HWM ─'))

  test('the VMs of the selected HWM stand below a short list of HWMs, and beside it from 100 columns on', () =>
    three()
      .sees('VM on andreys')
      .sees('ceph1')
      .press('j')
      .sees('VM on quark')
      .press('tab', 'j')
      .selects('win7-vmm2')
      .sees('andreys  up')
      .press('esc', 'k')
      .resize('110x24')
      .sees('VM on andreys')
      .press('j')
      .sees('VM on quark')
      .press('l', 'j')
      .selects('win7-vmm2'))

  test('where the HWMs leave no room, Tab shows the VMs of the selected one', () =>
    console
      .at('80x24')
      .on(cluster('forty-hosts'))
      .doesNotSee('VM on hwm01')
      .press('tab')
      .sees('VM on hwm01')
      .press('esc')
      .doesNotSee('VM on hwm01'))

  test('a list larger than the screen scrolls at its edge and says how many more there are', () =>
    console
      .at('80x24')
      .on(cluster('forty-hosts'))
      .sees('23 more below')
      .press('pgdn')
      .selects('hwm17')
      .press('j')
      .selects('hwm18')
      .sees('1 more above')
      .press('G')
      .selects('hwm40')
      .sees('23 more above')
      .doesNotSee('more below'))

  test('looking tells the engine what is looked at, once one has stopped moving', () =>
    three()
      .press('2')
      .after('1 s')
      .does(({ cluster: scripted }) => expectLast(scripted.lookedAt, 'vm'))
      .press('enter')
      .after('1 s')
      .does(({ cluster: scripted }) => expectLast(scripted.lookedAt, 'vm-detail ceph1')))
})

describe('looking', () => {
  test('a filter acts while it is typed, says how many are left, and Esc takes it back', () =>
    three()
      .press('2')
      .type('/kind:havm')
      .sees('3 of 7')
      .doesNotSee('ceph1')
      .press('enter')
      .sees('kind:havm')
      .type('/!win')
      .sees('2 of 7')
      .press('esc')
      .sees('3 of 7')
      .press('esc')
      .sees('ceph1'))

  test('a filter that is not understood says so and hides nothing', () =>
    three().press('2').type('/hmw:quark').sees("did you mean 'hwm'?").stillSees('ceph1'))

  test('another order, and the same again reversed', () =>
    three()
      .press('2', 's')
      .sees('Order of the VMs')
      .press('G', 'k', 'k', 'k', 'k', 'k')
      .press('esc')
      .type(':sort ram\r')
      .selects('ceph1')
      .press('g')
      .selects('win7-vmm2')
      .sees('RAM▼')
      .type(':sort ram\r')
      .press('g')
      .selects('test')
      .sees('RAM▲'))

  test('columns can be chosen', () =>
    three()
      .press('2')
      .doesNotSee('PRIO')
      .press('c')
      .sees('[ ] PRIO')
      .type('kG')
      .press('k')
      .press('enter')
      .sees('PRIO'))

  test('marks are kept by name, counted, and taken away by Esc', () =>
    three()
      .press('space', 'space')
      .sees('2 marked')
      .press('*')
      .sees('3 marked')
      .press('esc')
      .doesNotSee('marked'))

  test('copying sends the name to the clipboard of the operator, then the line', () =>
    three()
      .press('y')
      .sees("copied 'andreys'")
      .does(({ terminal }) => expectCopied(terminal.raw, /^andreys$/))
      .press('y')
      .sees('copied the whole line')
      .does(({ terminal }) => expectCopied(terminal.raw, /andreys .* up .*50%/)))

  test('a dump is the screen as text and the facts as JSON', () => {
    const written: { text: string; json: string }[] = []
    return three()
      .with({
        dump: async files => {
          written.push(files)
          return 'written to yasco-screen.txt'
        },
      })
      .press('S')
      .sees('written to yasco-screen.txt')
      .does(() => {
        const [files] = written
        if (!files?.text.includes('> ● andreys  up')) throw new Error(`no screen in ${files?.text}`)
        if (JSON.parse(files.json).snapshot.cluster !== 'innopolis') throw new Error('no facts')
      })
  })

  test('an HWM, opened: capacity, trends, host, fence devices without their secrets, VMs, events', () =>
    console
      .at('100x50')
      .on(cluster('three-hosts'))
      .press('j', 'enter')
      .sees('GIVEN OUT TO VMS')
      .sees('12 GiB of 32 GiB')
      .sees('fence_ipmilan')
      .doesNotSee('/etc/yasco/ipmi')
      .sees('win7-vmm2')
      .press('esc')
      .selects('quark')
      .press('enter')
      .doesNotSee('hardware')
      .golden('hwm-detail-100x50'))

  test('an HWM that answers is asked for what only it knows', () =>
    console
      .at('100x50')
      .on(cluster('three-hosts'))
      .does(({ cluster: scripted }) => {
        scripted.answers.push(question =>
          question.ask === 'hwm-detail'
            ? { ok: true, value: { cpus: 16, mhz: 2800, memory: 64 * 2 ** 30 } }
            : undefined,
        )
      })
      .press('enter')
      .sees(/hardware +16 CPUs of 2800 MHz, 64 GiB/))

  test('a VM, opened: facts, then its XML, then what differs', () =>
    console
      .at('100x40')
      .on(cluster('three-hosts'))
      .does(({ cluster: scripted }) => {
        scripted.answers.push(question =>
          question.ask === 'domain-xml'
            ? {
                ok: true,
                value: `<domain>\n  <name>${question.vm}</name>\n  <vcpu>${question.which === 'live' ? 4 : 2}</vcpu>\n</domain>\n`,
              }
            : undefined,
        )
      })
      .press('2', 'G', 'enter')
      .sees('VM win7-vmm2')
      .sees('at home')
      .sees('priority 100')
      .press('tab')
      .sees('<name>win7-vmm2</name>')
      .press('tab', 'tab', 'tab')
      .sees('-   <vcpu>2</vcpu>')
      .sees('+   <vcpu>4</vcpu>')
      .seesAs('+   <vcpu>4</vcpu>', 'green')
      .press('tab')
      .sees('they are the same')
      .press('shift-tab')
      .sees('-   <vcpu>2</vcpu>'))

  test('XML that cannot be had says why', () =>
    three().press('2', 'enter', 'tab').sees('no running XML: not known to this script'))

  test('an event in full, and from it to what it is about', () =>
    console
      .at('60x15')
      .on(cluster('three-hosts'))
      .kill('quark')
      .press('6')
      .sees('quark does not an')
      .press('enter')
      .sees('ssh: no route to host')
      .press('enter')
      .sees('HWM quark'))

  test('at its end the log follows; above it, it stays', () =>
    three()
      .press('6')
      .sees('follows')
      .kill('quark')
      .selects('21:13:51')
      .press('k')
      .selects('21:00:00')
      .doesNotSee('follows')
      .kill('snailin')
      .selects('21:00:00')
      .press('esc')
      .sees('follows'))
})

function expectLast(list: readonly string[], last: string): void {
  if (list.at(-1) !== last) throw new Error(`expected ${last} last in ${list.join(', ')}`)
}

function expectCopied(raw: string, text: RegExp): void {
  // eslint-disable-next-line no-control-regex -- OSC 52 is a sequence
  const all = [...raw.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)]
  const copied = Buffer.from(all.at(-1)?.[1] ?? '', 'base64').toString()
  if (!text.test(copied)) throw new Error(`expected ${text} to be copied, not '${copied}'`)
}
