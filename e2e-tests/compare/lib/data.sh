# What is served: objects whose bytes follow from their number (load/content.h), as files. Sourced by ../bench.

# Sizes are multiples of 4 KiB, so direct I/O is open to everyone.
readonly LARGE_BYTES=$((300 * 1024)) SMALL_BYTES=4096
# 150 MiB: far beyond the last-level cache of the cores and well within anyone's memory.
readonly LARGE_CACHED_OBJECTS=512 SMALL_OBJECTS=4096

files() { echo "$DATA/files/bench/$1"; }

remove_data() {
    [[ $KEEP_DATA == yes ]] || rm -rf "$DATA"
}

make_files() { # NAME COUNT BYTES
    local directory
    directory=$(files "$1")
    [[ -e $directory/$(printf %04d $(($2 - 1))) ]] && return
    mkdir -p "$directory"
    "$MAKE_OBJECTS" "$directory" "$2" "$3"
}

# Bytes that the device under the data has read since boot.
device_read_bytes() {
    local device
    device=$(findmnt -no MAJ:MIN -T "$DATA" | awk "NR == 1 {print \$1}")
    awk '{printf "%.0f\n", $3 * 512}' "/sys/dev/block/$device/stat" 2>/dev/null || echo 0
}

drop_page_cache() {
    sync
    echo 3 >/proc/sys/vm/drop_caches
}
