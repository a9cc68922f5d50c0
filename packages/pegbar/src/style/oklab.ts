/**
 * sRGB to OKLab and back (B. Ottosson, "A perceptual color space for image processing", 2020): lightness 0 to 1, and
 * two axes in which equal distances look about equally different.
 */

/** Interleaved 8-bit sRGB. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Planes of a raster, a number per pixel. */
export interface Lab {
  readonly l: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

export function labOf({ data, width, height }: Raster): Lab {
  const pixels = width * height;
  const l = new Float32Array(pixels);
  const a = new Float32Array(pixels);
  const b = new Float32Array(pixels);
  for (let at = 0, from = 0; at < pixels; at += 1, from += 3) {
    const red = LINEAR[data[from]!]!;
    const green = LINEAR[data[from + 1]!]!;
    const blue = LINEAR[data[from + 2]!]!;
    const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    l[at] = 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short;
    a[at] = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short;
    b[at] = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short;
  }
  return { l, a, b };
}

/** Bytes of sRGB as one number, red in the highest byte; colours that a screen cannot show are clipped. */
export function rgbOf(l: number, a: number, b: number): number {
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = byteOf(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short);
  const green = byteOf(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short);
  const blue = byteOf(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short);
  return red * 65_536 + green * 256 + blue;
}

function byteOf(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
