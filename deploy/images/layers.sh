# Sourced by images.sh: fills the layers of the images. Those that change least come first, so that a new version of
# ours moves only the last one.
# shellcheck shell=bash
#
#   LAYERS/IMAGE/debian        libraries from Debian packages (deploy/packages), accounts, time stamp of the build
#   LAYERS/IMAGE/java          a Java runtime of the modules that the jars use, in /opt/java
#   LAYERS/IMAGE/libraries     jars of others, in /opt/diskcryptnet
#   LAYERS/IMAGE/application   what is built here

: "${root:?}"

# Modules that jdeps finds in paths of the libraries that nothing of ours takes: java.beans and javax.sql support of
# Jackson and logback, annotation processors, compilers at run time.
unused_modules="java.desktop java.sql java.compiler jdk.compiler"
# Modules that no class file names: zip file systems, in which Quarkus reads its own jars.
declare -A named_modules=([agent]="" [operator]="jdk.zipfs")

# fill_layers IMAGE LAYERS
fill_layers() {
    local image=$1 layers=$2/$1 layer
    rm -rf "$layers"
    mkdir -p "$layers"/{debian,java/opt,libraries/opt/diskcryptnet,application/opt/diskcryptnet}
    fill_debian "$image" "$layers/debian"
    "fill_$image" "$layers/libraries/opt/diskcryptnet" "$layers/application/opt/diskcryptnet"
    fill_java "$image" "$layers/java/opt/java" "$layers"/{libraries,application}
    mkdir -p "$layers/application/usr/share/doc/diskcryptnet"
    cp "$root/LICENSE" "$layers/application/usr/share/doc/diskcryptnet/copyright"
    for layer in "$layers"/*; do
        chmod -R u+rwX,go+rX,go-w "$layer"
        find "$layer" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    done
    # What chmod took from them.
    chmod 1777 "$layers/debian/tmp"
}

# Downloads packages from where this machine gets its own, unless an earlier build did; prints their files.
debian_packages() {
    local directory=$root/target/images/packages names=() log uris
    read -ra names < <(packages "image-$1" | tr '\n' ' ')
    mkdir -p "$directory"
    log=$(mktemp)
    local fetch=(apt-get --option APT::Sandbox::User=root --quiet=2 download)
    # A machine that has just been installed knows no package yet.
    uris=$("${fetch[@]}" --print-uris "${names[@]}" 2>"$log") || { apt-get update --quiet=2 >>"$log" 2>&1 &&
        uris=$("${fetch[@]}" --print-uris "${names[@]}" 2>>"$log"); } || image_failed "$log" "apt-get knows not all of: ${names[*]}"
    (cd "$directory" && "${fetch[@]}" "${names[@]}") >>"$log" 2>&1 ||
        image_failed "$log" "apt-get could not download: ${names[*]}"
    rm -f "$log"
    awk -v directory="$directory" '{ print directory "/" $2 }' <<<"$uris"
}

# fill_debian IMAGE TREE: the packages' libraries and licences; nothing is configured, no maintainer script runs.
fill_debian() {
    local image=$1 tree=$2 files package
    mkdir -p "$tree"/usr/{bin,sbin,lib,lib64} "$tree/var/lib/dpkg/status.d"
    local merged
    for merged in bin sbin lib lib64; do
        ln -s "usr/$merged" "$tree/$merged"
    done
    files=$(debian_packages "$image") || exit 1
    for package in $files; do
        dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$tree"
        # Where scanners look for what an image without a package database holds.
        dpkg-deb --field "$package" >"$tree/var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
    done
    find "$tree/usr/share/doc" -type f ! -name copyright ! -name 'LICENSE*' -delete
    find "$tree/usr/share" -mindepth 1 -maxdepth 1 ! -name doc ! -name common-licenses -exec rm -rf {} +
    find "$tree/etc" -mindepth 1 -maxdepth 1 ! -name os-release ! -name debian_version -exec rm -rf {} +
    rm -rf "${tree:?}"/{boot,home}
    # Programs, conversions between character sets, auditing modules and engines: the JVM and libcrypto do without.
    rm -rf "${tree:?}"/usr/{bin,sbin}/* "${tree:?}/usr/libexec"
    rm -rf "$tree"/usr/lib/*/{gconv,audit,engines-3} "$tree"/var/{backups,cache,local,lock,mail,opt,spool,tmp}
    cat >"$tree/etc/passwd" <<'END'
root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/:/sbin/nologin
END
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$tree/etc/group"
    printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
}

# Prints the modules that the classes in the trees' jars name. jdeps sees them as one heap of classes: with jars it would
# resolve those that are modules, and quarrel over their dependences.
modules_in() {
    local classes=${imageWork:?}/classes jar
    mkdir "$classes"
    # 11: a jar without classes.
    find "$@" -name '*.jar' | while read -r jar; do
        unzip -qq -o "$jar" '*.class' -x '*module-info.class' 'META-INF/*' -d "$classes" 2>/dev/null || [ $? -eq 11 ]
    done
    "$JAVA_HOME/bin/jdeps" --ignore-missing-deps --list-deps "$classes" | sed -n -E 's:^ *((java|jdk)\.[a-z.]+).*:\1:p'
    rm -rf "$classes"
}

# fill_java IMAGE HOME TREE...: a runtime for the jars in the trees
fill_java() {
    local image=$1 home=$2 found module
    shift 2
    found=$(modules_in "$@") || fail "jdeps could not read the jars of the $image"
    local modules=${named_modules[$image]}
    for module in $found; do
        [[ " $unused_modules " == *" $module "* ]] || modules+=" $module"
    done
    modules=$(tr -s ' ' '\n' <<<"$modules" | sed '/^$/d' | sort -u | paste -sd,)
    "$JAVA_HOME/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --output "$home" ||
        fail "jlink made no runtime of the modules $modules"
    # This machine's trust anchors are not the image's; the API server is trusted by the certificate in its pod.
    rm -f "$home/lib/security/cacerts"
    find "$home/bin" -type f ! -name java -delete
    # The archive of loaded classes notes the modules' time stamp, so that is set before.
    touch --date="@$SOURCE_DATE_EPOCH" "$home/lib/modules"
    "$home/bin/java" -XX:+UseCompactObjectHeaders -XX:+UseSerialGC -Xshare:dump \
        -XX:SharedArchiveFile="$home/lib/server/classes_coh.jsa" >/dev/null
}

# fill_agent LIBRARIES APPLICATION
fill_agent() {
    local dist=$root/dataplane-agent/target/dist libraries=$1 application=$2
    mkdir -p "$libraries/lib" "$application"/{bin,conf,lib}
    find "$dist/lib" -name '*.jar' ! -name dcn-agent.jar ! -name 'crds-*.jar' -exec cp -t "$libraries/lib" {} +
    cp "$dist"/lib/{dcn-agent,crds-*}.jar "$application/lib/"
    cp "$dist/conf/jvm.options" "$application/conf/"
    # Debug information and the build id tell where the library was built.
    strip --strip-unneeded --remove-section=.note.gnu.build-id -o "$application/lib/libdcn.so" "$dist/lib/libdcn.so"
    gcc -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Werror -s -Wl,--build-id=none \
        -o "$application/bin/dcn-agent" "$root/deploy/images/launcher.c"
}

# fill_operator LIBRARIES APPLICATION
fill_operator() {
    local app=$root/operator/target/quarkus-app libraries=$1 application=$2
    [ -e "$app/quarkus-run.jar" ] || fail "operator/target/quarkus-app is missing: run ./dcn build"
    cp -r "$app/." "$application/"
    mkdir -p "$libraries/lib"
    mv "$application/lib" "$libraries/"
    mkdir -p "$application/lib/main"
    mv "$libraries"/lib/main/dev.diskcryptnet.* "$application/lib/main/"
}
