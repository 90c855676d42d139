#!/bin/sh
# Makes the sample: a test pattern with a clock and a tone, as one MP4 file and as HLS. Needs ffmpeg with libx264.
# The results are in the repository; run this only to change them.
set -eu
cd "$(dirname "$0")"

seconds=30
rm -rf content/clip.mp4 content/hls
mkdir -p content/hls

# A key frame every two seconds, so that seeking and HLS segments fall on the same places; the index in front, so that
# playing starts with the first bytes.
ffmpeg -hide_banner -loglevel error -y \
    -f lavfi -i "testsrc2=size=640x360:rate=30:duration=$seconds" \
    -f lavfi -i "sine=frequency=440:beep_factor=2:duration=$seconds" \
    -c:v libx264 -preset slow -crf 26 -pix_fmt yuv420p -g 60 -keyint_min 60 -sc_threshold 0 \
    -c:a aac -b:a 96k -ac 2 -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
    -movflags +faststart content/clip.mp4

ffmpeg -hide_banner -loglevel error -y -i content/clip.mp4 -c copy -map_metadata -1 -fflags +bitexact \
    -f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 \
    -hls_segment_filename content/hls/segment-%02d.m4s content/hls/clip.m3u8

du -sh content
