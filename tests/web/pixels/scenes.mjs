// What the pixel tests look at: few pages, chosen so that every kind of mark is seen once. Ids are of the recordings.
// `recording` names what the API answers; two looks may share one.
export const SCENES = [
  { name: 'home-1440-light', recording: 'home', address: '/', theme: 'light', width: 1440, height: 1000 },
  { name: 'home-390-dark', recording: 'home', address: '/', theme: 'dark', width: 390, height: 1400 },
  {
    name: 'animation-1440-dark',
    recording: 'animation',
    address: '/animation?from=now-12h',
    theme: 'dark',
    width: 1440,
    height: 1000,
  },
  {
    name: 'release-1440-light',
    recording: 'release',
    address: '/releases/inkwash-v7',
    theme: 'light',
    width: 1440,
    height: 1000,
  },
  {
    name: 'request-1440-light',
    recording: 'request',
    address: '/requests/RECORDED',
    theme: 'light',
    width: 1440,
    height: 900,
  },
];
