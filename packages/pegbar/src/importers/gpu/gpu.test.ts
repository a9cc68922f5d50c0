import { describe, expect, test } from 'vitest';
import { readDcgm } from './dcgm.ts';
import { hostCounters, hostRates } from './host-io.ts';
import { refusedField, smiReader, xidOf } from './nvidia-smi.ts';
import { gpuRecords } from './records.ts';

/** What drivers of several years write for the same question; the readings beside it are worked out by hand. */
const DRIVERS = [
  {
    driver: '384 (2017): N/A without brackets, a name without NVIDIA',
    lines: [
      'index, uuid, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], temperature.gpu, power.draw [W], ecc.errors.uncorrected.volatile.total, pci.bus_id',
      '0, GPU-22b2c6ac-2d49-4863-197c-9c469071178a, GeForce GTX 1080 Ti, 100 %, 10913 MiB, 11172 MiB, 83, 246.70 W, N/A, 00000000:01:00.0',
    ],
    readings: [
      {
        gpu_id: '0',
        uuid: 'GPU-22b2c6ac-2d49-4863-197c-9c469071178a',
        gpu_type: 'GeForce GTX 1080 Ti',
        util: 1,
        mem_used_mib: 10913,
        mem_total_mib: 11172,
        temp_c: 83,
        power_w: 246.7,
        pci: '0000:01:00',
      },
    ],
  },
  {
    driver: '470: [Not Supported], and a laptop that tells no power',
    lines: [
      'index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]',
      '0, NVIDIA GeForce RTX 3060 Laptop GPU, 4 %, 812 MiB, 5946 MiB, [Not Supported]',
    ],
    readings: [
      {
        gpu_id: '0',
        gpu_type: 'NVIDIA GeForce RTX 3060 Laptop GPU',
        util: 0.04,
        mem_used_mib: 812,
        mem_total_mib: 5946,
      },
    ],
  },
  {
    driver: '535 on a host with MIG: [N/A] where an instance has no utilization of its own',
    lines: [
      'index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], temperature.gpu, ecc.errors.uncorrected.volatile.total',
      '0, NVIDIA A100-SXM4-80GB, [N/A], 4231 MiB, 81920 MiB, 33, 2',
      '1, NVIDIA A100-SXM4-80GB, 71 %, 40231 MiB, 81920 MiB, 58, 0',
    ],
    readings: [
      {
        gpu_id: '0',
        gpu_type: 'NVIDIA A100-SXM4-80GB',
        mem_used_mib: 4231,
        mem_total_mib: 81920,
        temp_c: 33,
        ecc_errors: 2,
      },
      {
        gpu_id: '1',
        gpu_type: 'NVIDIA A100-SXM4-80GB',
        util: 0.71,
        mem_used_mib: 40231,
        mem_total_mib: 81920,
        temp_c: 58,
        ecc_errors: 0,
      },
    ],
  },
  {
    driver: '550: a GPU that is lost, and units that were left out of the cells',
    lines: [
      'index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]',
      '0, NVIDIA H100 80GB HBM3, [Unknown Error], [GPU requires reset], [GPU requires reset], [Unknown Error]',
      '1, NVIDIA H100 80GB HBM3, 98, 70123, 81559, 689.42',
    ],
    readings: [
      { gpu_id: '0', gpu_type: 'NVIDIA H100 80GB HBM3' },
      {
        gpu_id: '1',
        gpu_type: 'NVIDIA H100 80GB HBM3',
        util: 0.98,
        mem_used_mib: 70123,
        mem_total_mib: 81559,
        power_w: 689.42,
      },
    ],
  },
] as const;

describe('nvidia-smi', () => {
  test.each(DRIVERS)('driver $driver', ({ lines, readings }) => {
    const read = smiReader();
    const found = lines.map(read).flatMap((line) => ('reading' in line ? [line.reading] : []));
    expect(found).toEqual(readings.map((reading) => expect.objectContaining(reading)));
    expect(found.map((reading) => Object.keys(reading).sort())).toEqual(
      readings.map((reading) => Object.keys(reading).sort()),
    );
  });

  test('names the field that an old driver does not know, so that it can be asked without', () => {
    expect(
      refusedField('Field "ecc.errors.uncorrected.volatile.total" is not a valid field to query.\n'),
    ).toBe('ecc.errors.uncorrected.volatile.total');
    expect(refusedField('Failed to initialize NVML: Driver/library version mismatch')).toBeUndefined();
  });

  test('a line before the header, a short line and a flood are told as lost, never read', () => {
    const read = smiReader();
    expect(read('0, 12 %')).toEqual({ lost: '0, 12 %' });
    read('index, utilization.gpu [%]');
    expect(read('Unable to determine the device handle for GPU 0000:41:00.0: GPU is lost.')).toHaveProperty(
      'lost',
    );
    expect(read('x'.repeat(5_000))).toEqual({ lost: 'a line of 5000 characters' });
    expect(read('1, 50 %')).toEqual({ reading: { gpu_id: '1', util: 0.5 } });
  });

  test('an XID of the kernel log names its GPU in the words of nvidia-smi', () => {
    expect(
      xidOf("[42.1] NVRM: Xid (PCI:0000:41:00): 79, pid='<unknown>', GPU has fallen off the bus."),
    ).toEqual({
      pci: '0000:41:00',
      xid: 79,
    });
    expect(xidOf('usb 1-1: new device')).toBeUndefined();
  });
});

test('a page of a DCGM exporter becomes a reading for each GPU and MIG instance, blanks left out', () => {
  const page = [
    '# TYPE DCGM_FI_DEV_GPU_UTIL gauge',
    'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",device="nvidia0",modelName="Tesla V100-SXM2-32GB",Hostname="r6"} 83',
    'DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-a",modelName="Tesla V100-SXM2-32GB"} 20000',
    'DCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-a",modelName="Tesla V100-SXM2-32GB"} 12510',
    'DCGM_FI_DEV_XID_ERRORS{gpu="0",UUID="GPU-a",modelName="Tesla V100-SXM2-32GB"} 31',
    'DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-a"} 9.223372036854775794e+18',
    'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1",UUID="GPU-b",modelName="NVIDIA A30",GPU_I_PROFILE="1g.6gb",GPU_I_ID="3"} 0.25',
    'DCGM_FI_DEV_FB_USED{gpu="1",UUID="GPU-b",modelName="NVIDIA A30",GPU_I_ID="3"} 900',
    'garbage{',
  ].join('\n');
  expect(readDcgm(page)).toEqual([
    {
      gpu_id: '0',
      uuid: 'GPU-a',
      gpu_type: 'Tesla V100-SXM2-32GB',
      util: 0.83,
      mem_used_mib: 20000,
      mem_total_mib: 32510,
      last_xid: 31,
    },
    { gpu_id: '1/3', uuid: 'GPU-b', gpu_type: 'NVIDIA A30', util: 0.25, mem_used_mib: 900 },
  ]);
});

describe('records', () => {
  test('counters of errors become errors since the last sample, and a counter that began anew counts whole', () => {
    const record = gpuRecords({ host: 'h1', region: 'eu' });
    const errors = (ecc_errors: number, xids: number[] = []): unknown =>
      record({ gpu_id: '0', ecc_errors }, 1, xids).errors;
    expect([errors(7), errors(7), errors(9), errors(1), errors(1, [79, 79])]).toEqual([0, 0, 2, 1, 2]);
    expect(record({ gpu_id: '1', util: 0.5 }, 5)).toEqual({
      type: 'gpu',
      event_id: 'gpu:h1::1:5',
      timestamp: 5,
      host: 'h1',
      region: 'eu',
      gpu_id: '1',
      util: 0.5,
    });
  });

  test('the last XID of DCGM counts when it changes, not while it stays and not at the first look', () => {
    const record = gpuRecords({ host: 'h1' });
    const at = (last_xid: number): unknown => {
      const { errors, attributes } = record({ gpu_id: '0', last_xid }, 1);
      return [errors, attributes];
    };
    expect([at(31), at(31), at(79), at(0)]).toEqual([
      [0, undefined],
      [0, undefined],
      [1, { 'pegbar.gpu.xid': '79' }],
      [0, undefined],
    ]);
  });
});

test('rates of disks and wires count each byte once, and a counter that ran back gives none', () => {
  const texts = (read: number, received: number, wait: number) => ({
    diskstats: [
      `   8       0 sda 100 0 ${read} 5 10 0 16 3 0 0 0`,
      `   8       1 sda1 100 0 ${read} 5 10 0 16 3 0 0 0`,
      ` 253       0 dm-0 100 0 ${read} 5 10 0 16 3 0 0 0`,
    ].join('\n'),
    netDev: [
      'Inter-|   Receive |  Transmit',
      ' face |bytes packets',
      `    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0`,
      `  eth0: ${received} 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0`,
    ].join('\n'),
    stat: `cpu  100 0 100 ${800 - wait} ${wait} 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1`,
  });
  const before = hostCounters(0, texts(1_000, 10_000, 0));
  const later = { ...texts(3_000, 30_000, 0), stat: 'cpu  150 0 150 1600 100 0 0 0 0 0' };
  expect(hostRates(before, hostCounters(2_000, later))).toEqual({
    disk_read_bps: 512_000,
    disk_write_bps: 0,
    net_rx_bps: 10_000,
    net_tx_bps: 0,
    io_wait: 0.1,
  });
  expect(
    hostRates(hostCounters(0, texts(5_000, 1, 0)), hostCounters(1_000, texts(1_000, 1, 0))),
  ).toBeUndefined();
  expect(hostRates(before, before)).toBeUndefined();
});
