#!/usr/bin/env bash
# The clips of the browser tests and their truth, out of ffmpeg. Run here to make them again; they are committed, so
# that the tests need no ffmpeg.
#   even    24 frames per second, every frame new
#   holes   the same with 5 of each 48 frames missing, as a bad encoder or interpolator leaves them out
#   twos    12 drawings per second, each shown for two frames, as animation is drawn
set -eu
cd "$(dirname "$0")"
source='testsrc2=size=96x54'
make() {
  ffmpeg -v error -y -f lavfi -i "$2" -t 6 -fps_mode passthrough -c:v libvpx-vp9 -lossless 1 -an -fflags +bitexact -flags:v +bitexact "$1.webm"
  printf '{"clip":"%s","frames_at_s":[%s]}\n' "$1" \
    "$(ffprobe -v error -select_streams v -show_entries frame=pts_time -of csv=p=0 "$1.webm" | tr -d ',' | paste -sd,)"
}
{
  make even "$source:rate=24"
  make holes "$source:rate=24,select='not(between(mod(n\,48)\,20\,24))'"
  make twos "$source:rate=12,fps=24"
} > truth.ndjson
