# Sourced by ./dcn: builds the images of agent and operator as OCI archives, without a container engine or a registry.
# What is in them: layers.sh and deploy/packages. How they run: Containerfile.
# shellcheck shell=bash

: "${root:?}"
# shellcheck source=deploy/images/layers.sh
source "$root/deploy/images/layers.sh"

images_usage() {
    cat <<'END'
Usage: ./dcn images [--tag TAG] [--repository NAME] [--layers DIR] [agent] [operator]

Builds target/images/diskcryptnet-agent.oci.tar and ...-operator.oci.tar, both when none is named, from Debian packages
and what ./dcn build makes. It needs neither a container engine nor a registry. On one machine, the same sources give the
same digest.

  --tag TAG           version in the image's name; the project's when not given
  --repository NAME   what stands before "/agent" and "/operator" in the image's name; diskcryptnet when not given
  --layers DIR        fills DIR/IMAGE with the trees of the layers and stops, for deploy/images/Containerfile

SOURCE_DATE_EPOCH is the time stamp of all files; the project's own when not set. To load an image:

  docker load -i target/images/diskcryptnet-agent.oci.tar                        (Docker 25 or newer)
  podman load -i target/images/diskcryptnet-agent.oci.tar
  ctr -n k8s.io images import target/images/diskcryptnet-agent.oci.tar
  skopeo copy oci-archive:target/images/diskcryptnet-agent.oci.tar docker://REGISTRY/diskcryptnet/agent:TAG
END
}

# image_failed LOG MESSAGE
image_failed() {
    tail -n 20 "$1" >&2
    rm -f "$1"
    fail "$2"
}

# The project's own property, from the parent pom.
pom_property() {
    sed -n "s:^ *<$1>\(.*\)</$1>\$:\1:p" "$root/pom.xml" | head -n 1
}

# tar_of TREE: a tar stream that says nothing of when, where and by whom it was made
tar_of() {
    tar --create --directory "$1" --sort=name --numeric-owner --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" \
        --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime .
}

# stage IMAGE: the instructions of its stage in the Containerfile
stage() {
    awk -v stage="$1" '$1 == "FROM" { within = $NF == stage; next } within && NF && $1 !~ /^#/' \
        "$root/deploy/images/Containerfile"
}

# archive IMAGE NAME TAG LAYERS FILE
archive() {
    local image=$1 name=$2 tag=$3 layers=$4 file=$5 layout created instruction value part
    created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
    layout=$imageWork/$image
    mkdir "$layout"
    umoci init --layout "$layout/oci"
    umoci new --image "$layout/oci:$tag"
    local config=(--config.label "org.opencontainers.image.version=$tag")
    while read -r instruction value; do
        case $instruction in
        COPY)
            part=${value% /}
            part=${part##*/}
            tar_of "$layers/$image/$part" >"$layout/$part.tar"
            umoci raw add-layer --image "$layout/oci:$tag" --history.created "$created" \
                --history.created_by "COPY $part /" "$layout/$part.tar"
            rm "$layout/$part.tar"
            ;;
        ENV) config+=(--config.env "$value") ;;
        LABEL)
            value=${value/=\"/=}
            config+=(--config.label "${value%\"}")
            ;;
        EXPOSE) config+=(--config.exposedports "$value") ;;
        WORKDIR) config+=(--config.workingdir "$value") ;;
        USER) config+=(--config.user "$value") ;;
        STOPSIGNAL) config+=(--config.stopsignal "$value") ;;
        ENTRYPOINT)
            while IFS= read -r part; do config+=(--config.entrypoint "$part"); done < <(jq -r '.[]' <<<"$value")
            ;;
        *) fail "deploy/images/Containerfile: no way to read $instruction in stage $image" ;;
        esac
    done < <(stage "$image")
    umoci config --image "$layout/oci:$tag" --no-history --created "$created" --os linux --architecture amd64 \
        "${config[@]}"
    umoci gc --layout "$layout/oci"
    # The name under which engines keep what they load.
    jq -c --arg name "$name:$tag" '.manifests[0].annotations["io.containerd.image.name"] = $name' \
        "$layout/oci/index.json" >"$layout/index.json"
    mv "$layout/index.json" "$layout/oci/index.json"
    chmod -R u+rwX,go+rX,go-w "$layout/oci"
    tar_of "$layout/oci" >"$layout/archive.tar"
    # A build that is broken off leaves the archive of the one before, or the new one.
    mv "$layout/archive.tar" "$file"
}

run_images() {
    local tag repository=diskcryptnet layers="" images=() image
    tag=$(pom_property version)
    # As the chart and the operator's own default name it.
    tag=${tag%-SNAPSHOT}
    while [ $# -gt 0 ]; do
        case $1 in
        --tag | --repository | --layers)
            [ $# -ge 2 ] || fail "$1 needs a value; see ./dcn images --help"
            case $1 in
            --tag) tag=$2 ;;
            --repository) repository=${2%/} ;;
            --layers) layers=$2 ;;
            esac
            shift
            ;;
        agent | operator) images+=("$1") ;;
        *) fail "no image and no option: $1; see ./dcn images --help" ;;
        esac
        shift
    done
    [ ${#images[@]} -gt 0 ] || images=(agent operator)
    [ "$(dpkg --print-architecture)" = amd64 ] || fail "images are for amd64, and this machine is $(dpkg --print-architecture)"

    require_root
    require_packages images
    build
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date --date="$(pom_property project.build.outputTimestamp)" +%s)}
    export SOURCE_DATE_EPOCH
    umask 022
    mkdir -p "$root/target/images"
    imageWork=$(mktemp -d "$root/target/images/work.XXXXXX")
    trap 'rm -rf "$imageWork"' EXIT
    local trees=${layers:-$imageWork/layers} file digest
    mkdir -p "$trees"
    for image in "${images[@]}"; do
        fill_layers "$image" "$trees"
        [ -z "$layers" ] || continue
        file=$root/target/images/diskcryptnet-$image.oci.tar
        archive "$image" "$repository/$image" "$tag" "$trees" "$file"
        rm -rf "${trees:?}/$image" "${imageWork:?}/$image"
        digest=$(tar --extract --to-stdout --file "$file" ./index.json | jq -r '.manifests[0].digest')
        say "image      ${file#"$root"/}: $(numfmt --to=iec --suffix=B "$(stat -c %s "$file")"), $repository/$image:$tag, $digest"
    done
}
