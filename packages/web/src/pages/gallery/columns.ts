/** How many tiles stand in a row of a given width. */
const TILE_PX = 112;
const NARROW_PX = 420;
const NARROW_COLUMNS = 3;
const COLUMNS_MOST = 12;
export const columnsIn = (width: number): number =>
  width < NARROW_PX
    ? NARROW_COLUMNS
    : Math.max(NARROW_COLUMNS, Math.min(COLUMNS_MOST, Math.floor(width / TILE_PX)));
/** Between tiles, px. */
export const gapIn = (width: number): number => (width < NARROW_PX ? 4 : 8);
