/** What is drawn rather than composed: petals, stars, bubbles, panel borders and whole cut-paper landscapes, as SVG. */
import type { Random } from './random.ts';
import type { Grade } from './schema.ts';

const PAPER_PALETTES = [
  ['#f6d9b8', '#f2b48c', '#d98a6a', '#9c6b6e', '#5e5470', '#353a57'],
  ['#cfe6e8', '#a9cfcb', '#7fb3a2', '#588f7b', '#3b6b62', '#234a4c'],
  ['#fbe7c6', '#f5c98b', '#c9b458', '#8aa05a', '#557a55', '#2f5347'],
  ['#e3dcf2', '#c2b3df', '#9a8cc4', '#7067a3', '#4b4a80', '#2d3159'],
] as const;
const HILL_LAYERS = 5;

/**
 * The sheet over the picture that belongs to its collection; sizes in pixels.
 * @param busy where the character stands, as a share of the width: the moon keeps to the other side.
 */
export function overlayOf(grade: Grade, width: number, height: number, busy: number, random: Random): string {
  const inner = {
    spring: petals,
    noir: speedLines,
    campus: halftoneCorner,
    paper: () => '',
    night: () => stars(width, height, busy, random),
  }[grade](width, height, random);
  return svg(width, height, inner);
}

function svg(width: number, height: number, inner: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${inner}</svg>`;
}

function f(value: number): string {
  return value.toFixed(1);
}

function petals(width: number, height: number, random: Random): string {
  const unit = Math.max(width, height);
  let out = `<defs><linearGradient id="l" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fff4d6" stop-opacity=".5"/><stop offset=".55" stop-color="#ffe2e0" stop-opacity=".08"/><stop offset="1" stop-color="#ffc2cf" stop-opacity=".2"/></linearGradient></defs><rect width="${width}" height="${height}" fill="url(#l)"/>`;
  for (let i = 0; i < 26; i++) {
    const near = random.next() ** 2.4;
    const size = unit * (0.012 + 0.02 * near);
    const x = random.between(0, width);
    const y = random.between(0, height);
    const turn = random.between(0, 360);
    const tint = random.pick(['#ffc9d8', '#ffb1c6', '#ffe9ee', '#f793ad']);
    out += `<path transform="translate(${f(x)} ${f(y)}) rotate(${f(turn)}) scale(${f(size)} ${f(size * random.between(0.45, 0.8))})" d="M0-1C.8-.7.9.3 0 1C-.9.3-.8-.7 0-1Z" fill="${tint}" fill-opacity="${(0.92 - 0.45 * near).toFixed(2)}"/>`;
  }
  return out;
}

function speedLines(width: number, height: number, random: Random): string {
  const unit = Math.max(width, height);
  const cx = width * random.between(0.4, 0.6);
  const cy = height * random.between(0.35, 0.5);
  let out = '';
  if (random.chance(0.45)) {
    for (let i = 0; i < 70; i++) {
      const angle = random.between(0, Math.PI * 2);
      const from = unit * random.between(0.46, 0.62);
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      const w = unit * random.between(0.001, 0.006);
      out += `<path d="M${f(cx + c * from)} ${f(cy + s * from)}L${f(cx + c * unit - s * w)} ${f(cy + s * unit + c * w)}L${f(cx + c * unit + s * w)} ${f(cy + s * unit - c * w)}Z" fill="#0c0c10"/>`;
    }
  }
  if (random.chance(0.5)) out += bubble(width, height, random);
  const edge = unit * 0.016;
  out += `<path fill="#fdfdfa" fill-rule="evenodd" d="M0 0H${width}V${height}H0ZM${f(edge)} ${f(edge)}V${f(height - edge)}H${f(width - edge)}V${f(edge)}Z"/>`;
  return `${out}<rect x="${f(edge)}" y="${f(edge)}" width="${f(width - 2 * edge)}" height="${f(height - 2 * edge)}" fill="none" stroke="#0c0c10" stroke-width="${f(unit * 0.006)}"/>`;
}

function bubble(width: number, height: number, random: Random): string {
  const unit = Math.min(width, height);
  const right = random.chance(0.5);
  const rx = unit * random.between(0.13, 0.17);
  const ry = rx * 1.3;
  const x = right ? width - rx * 1.35 : rx * 1.35;
  const y = ry * 1.2;
  const line = unit * 0.007;
  const tail = right ? -1 : 1;
  let out = `<ellipse cx="${f(x)}" cy="${f(y)}" rx="${f(rx)}" ry="${f(ry)}" fill="#fff" stroke="#0c0c10" stroke-width="${f(line)}"/><path d="M${f(x + tail * rx * 0.3)} ${f(y + ry * 0.93)}L${f(x + tail * rx * 0.95)} ${f(y + ry * 1.32)}L${f(x + tail * rx * 0.62)} ${f(y + ry * 0.76)}Z" fill="#fff"/>`;
  for (let column = 0; column < 3; column++) {
    const cx = x + rx * (0.42 - column * 0.42);
    const long = ry * random.between(0.7, 1.15);
    out += `<path d="M${f(cx)} ${f(y - ry * 0.55)}v${f(long)}" stroke="#26262c" stroke-width="${f(rx * 0.13)}" stroke-dasharray="${f(rx * 0.13)} ${f(rx * 0.075)}"/>`;
  }
  return out;
}

function halftoneCorner(width: number, height: number, random: Random): string {
  const unit = Math.max(width, height);
  const step = unit * 0.022;
  const left = random.chance(0.5);
  const tint = random.pick(['#ffd23f', '#ff7e5f', '#3fb8af', '#5b8def']);
  let out = '';
  for (let row = 0; row < 13; row++) {
    for (let column = 0; column < 13 - row; column++) {
      const r = step * 0.52 * (1 - (row + column) / 13);
      const x = (column + (row % 2) / 2) * step;
      out += `<circle cx="${f(left ? x : width - x)}" cy="${f(height - row * step * 0.86)}" r="${f(r)}"/>`;
    }
  }
  return `<g fill="${tint}" fill-opacity=".85">${out}</g>`;
}

function stars(width: number, height: number, busy: number, random: Random): string {
  const unit = Math.max(width, height);
  const mx = width * (busy > 0.5 ? random.between(0.07, 0.2) : random.between(0.8, 0.93));
  const my = height * random.between(0.09, 0.2);
  const r = unit * random.between(0.035, 0.055);
  let out = `<defs><radialGradient id="m"><stop offset="0" stop-color="#fff6d8" stop-opacity=".75"/><stop offset=".25" stop-color="#cfe0ff" stop-opacity=".28"/><stop offset="1" stop-color="#8fb0ff" stop-opacity="0"/></radialGradient><radialGradient id="g"><stop offset="0" stop-color="#fff9c4"/><stop offset=".3" stop-color="#e8f59a" stop-opacity=".8"/><stop offset="1" stop-color="#b6e36a" stop-opacity="0"/></radialGradient></defs><circle cx="${f(mx)}" cy="${f(my)}" r="${f(r * 5)}" fill="url(#m)"/><circle cx="${f(mx)}" cy="${f(my)}" r="${f(r)}" fill="#fff8e4"/>`;
  for (let i = 0; i < 46; i++) {
    const y = height * 0.42 * random.next() ** 1.3;
    out += `<circle cx="${f(random.between(0, width))}" cy="${f(y)}" r="${(unit * random.between(0.0008, 0.0026)).toFixed(2)}" fill="#f4f7ff" fill-opacity="${random.between(0.4, 0.95).toFixed(2)}"/>`;
  }
  for (let i = 0; i < 18; i++) {
    const size = unit * random.between(0.008, 0.022);
    out += `<circle cx="${f(random.between(0, width))}" cy="${f(height * random.between(0.45, 0.98))}" r="${f(size)}" fill="url(#g)" fill-opacity="${random.between(0.5, 1).toFixed(2)}"/>`;
  }
  return out;
}

/** A landscape of cut paper: sky, sun, clouds, ranges of hills with soft shadows, trees, birds. */
export function paperLandscape(width: number, height: number, random: Random): string {
  const palette = random.pick(PAPER_PALETTES);
  const unit = Math.max(width, height);
  const sunX = width * random.between(0.2, 0.8);
  const sunY = height * random.between(0.2, 0.36);
  const sunR = Math.min(width, height) * random.between(0.09, 0.15);
  let out = `<defs><filter id="s" x="-20%" y="-20%" width="140%" height="140%"><feDropShadow dx="0" dy="${f(-unit * 0.006)}" stdDeviation="${f(unit * 0.008)}" flood-color="#1a1a2e" flood-opacity=".38"/></filter><linearGradient id="k" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${palette[0]}"/><stop offset="1" stop-color="#fffaf0"/></linearGradient></defs><rect width="${width}" height="${height}" fill="url(#k)"/>`;
  for (let ring = 3; ring >= 1; ring--) {
    out += `<circle cx="${f(sunX)}" cy="${f(sunY)}" r="${f(sunR * (1 + ring * 0.38))}" fill="#fff" fill-opacity=".16"/>`;
  }
  out += `<circle cx="${f(sunX)}" cy="${f(sunY)}" r="${f(sunR)}" fill="#fff7e0" filter="url(#s)"/>`;
  for (let i = 0; i < 3; i++) out += cloud(width, height, random);
  for (let layer = 0; layer < HILL_LAYERS; layer++) {
    out += hills(width, height, layer, palette[layer + 1] as string, random);
  }
  return svg(width, height, out + birds(width, height, random));
}

function hills(width: number, height: number, layer: number, color: string, random: Random): string {
  const base = height * (0.46 + layer * 0.115);
  const swing = height * (0.075 - layer * 0.004);
  const phases = [random.between(0, 6.3), random.between(0, 6.3)] as const;
  const waves = [random.between(1, 2.2), random.between(2.8, 4.6)] as const;
  const at = (t: number): number =>
    base +
    swing * (Math.sin(t * waves[0] * 3.1 + phases[0]) + 0.4 * Math.sin(t * waves[1] * 3.1 + phases[1]));
  let path = `M-20 ${height + 20}`;
  for (let i = 0; i <= 24; i++) path += `L${f((i / 24) * (width + 40) - 20)} ${f(at(i / 24))}`;
  let out = `<path d="${path}L${width + 20} ${height + 20}Z" fill="${color}"/>`;
  const trees = layer >= 2 ? 3 + random.below(5) : 0;
  for (let i = 0; i < trees; i++) {
    const t = random.next();
    const size = height * (0.02 + 0.02 * layer) * random.between(0.7, 1.2);
    const x = t * (width + 40) - 20;
    const y = at(t) + size * 0.15;
    out += `<path d="M${f(x)} ${f(y - size * 1.7)}L${f(x + size * 0.5)} ${f(y)}H${f(x - size * 0.5)}Z" fill="${color}"/>`;
  }
  return `<g filter="url(#s)">${out}</g>`;
}

function cloud(width: number, height: number, random: Random): string {
  const x = random.between(0, width);
  const y = height * random.between(0.08, 0.4);
  const w = width * random.between(0.14, 0.26);
  const h = w * 0.2;
  return `<g fill="#fff" fill-opacity=".9" filter="url(#s)"><rect x="${f(x - w / 2)}" y="${f(y)}" width="${f(w)}" height="${f(h)}" rx="${f(h / 2)}"/><rect x="${f(x - w * 0.24)}" y="${f(y - h * 0.6)}" width="${f(w * 0.52)}" height="${f(h)}" rx="${f(h / 2)}"/></g>`;
}

function birds(width: number, height: number, random: Random): string {
  let out = '';
  const cx = width * random.between(0.25, 0.75);
  const cy = height * random.between(0.12, 0.3);
  for (let i = 0; i < 5; i++) {
    const s = width * random.between(0.012, 0.022);
    const x = cx + random.between(-0.14, 0.14) * width;
    const y = cy + random.between(-0.06, 0.06) * height;
    out += `M${f(x - s)} ${f(y - s * 0.4)}Q${f(x - s * 0.4)} ${f(y - s * 0.7)} ${f(x)} ${f(y)}Q${f(x + s * 0.4)} ${f(y - s * 0.7)} ${f(x + s)} ${f(y - s * 0.4)}`;
  }
  return `<path d="${out}" fill="none" stroke="#3a3550" stroke-width="${f(width * 0.0035)}" stroke-linecap="round"/>`;
}
