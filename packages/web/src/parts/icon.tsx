/** Icons of 16 px, drawn with the pen of the text beside them. */
const PATHS = {
  home: 'M2.5 7 8 2.5 13.5 7v6.5h-4v-4h-3v4h-4z',
  film: 'M2.5 3h11v10h-11zM5 3v10M11 3v10M2.5 8h11',
  release: 'M3 8h3m4 0h3M8 3v2m0 6v2M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.5 14h3',
  down: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  warn: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.2',
  check: 'M3 8.5l3.2 3.2L13 5',
  pin: 'M8 14V9.5M4.5 9.5h7L10 6V2.5H6V6z',
  copy: 'M5.5 5.5h8v8h-8zM2.5 10.5v-8h8',
  open: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7.5 8.5',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.2l2.2 1.3',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  higher: 'M8 13V3M4 7l4-4 4 4',
  lower: 'M8 3v10M4 9l4 4 4-4',
  same: 'M3 8h10',
  link: 'M6.5 9.5l3-3M7 4.5 8.5 3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7',
  grid: 'M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM9 9h4.5v4.5H9z',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1.5v1.4M8 13.100v1.4M1.500 8h1.400M13.100 8h1.400M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 14 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.4"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    style={{ flex: 'none', display: 'inline-block', verticalAlign: -2 }}
  >
    <path d={PATHS[name]} />
  </svg>
);

/** The strip of metal that holds every drawing in register. */
export const Pegbar = ({ width = 26 }: { width?: number }) => (
  <svg width={width} height={width / 2} viewBox="0 0 26 13" aria-hidden="true">
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M2.5 0h21A2.5 2.5 0 0 1 26 2.5v8a2.500 2.500 0 0 1-2.500 2.500h-21A2.500 2.500 0 0 1 0 10.500v-8A2.500 2.500 0 0 1 2.500 0zM4 5.200a1.300 1.300 0 0 0 0 2.600h3.400a1.300 1.300 0 0 0 0-2.600zM13 4.100a2.400 2.400 0 1 0 0 4.800 2.400 2.400 0 0 0 0-4.800zM18.600 5.200a1.300 1.300 0 0 0 0 2.600H22a1.300 1.300 0 0 0 0-2.600z"
    />
  </svg>
);
