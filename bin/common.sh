# Sourced by bin/spiceshm, demo and check: finds what they need. POSIX sh; ROOT is set by whoever sources it.

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Prints the Java version of a JDK's home as a number, or 0.
java_major() {
    if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
        sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
    else
        echo 0
    fi
}

# Sets JAVA_HOME to a JDK 25 or later, or ends with one line that says what is missing.
find_jdk() {
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*; do
        if [ -n "$home" ] && [ -d "$home" ] && [ "0$(java_major "$home")" -ge 25 ]; then
            JAVA_HOME=$home
            export JAVA_HOME
            return
        fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null && [ -z "${APT_TRIED_JDK:-}" ]; then
        APT_TRIED_JDK=1
        say "installing a JDK 25 with apt-get"
        { apt-get update && apt-get install -y --no-install-recommends openjdk-25-jdk-headless; } > /dev/null 2>&1 || true
        find_jdk
        return
    fi
    fail "no JDK 25 found: got none in JAVA_HOME or /usr/lib/jvm, expected one (on Debian: apt-get install openjdk-25-jdk-headless)"
}

# Makes sure that the named commands exist; as root on Debian their packages are installed. Arguments: command=package.
need() {
    missing=
    for pair in "$@"; do
        command -v "${pair%%=*}" > /dev/null 2>&1 || missing="$missing ${pair#*=}"
    done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || need_package $missing
}

# Installs packages, as root on Debian; else says what is missing.
need_package() {
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        say "installing $* with apt-get"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
            > /dev/null 2>&1 || fail "apt-get could not install: $*"
    else
        fail "missing programs: install the packages $*"
    fi
}

# Builds the program if it is not there or older than its sources. Progress on stderr.
build_app() {
    stamp="$ROOT/app/target/built"
    if [ -e "$stamp" ] && [ -z "$(find "$ROOT"/*/src/main "$ROOT"/pom.xml "$ROOT"/*/pom.xml -newer "$stamp" -print -quit)" ]; then
        return
    fi
    need mvn=maven
    mkdir -p "$ROOT/app/target"
    (
        flock 9 || exit 1
        if [ -e "$stamp" ] && [ -z "$(find "$ROOT"/*/src/main "$ROOT"/pom.xml "$ROOT"/*/pom.xml -newer "$stamp" -print -quit)" ]; then
            exit 0
        fi
        say "building spiceshm (once; the first time Maven fetches its plugins, which takes some minutes)"
        log="$ROOT/app/target/build.log"
        begun=$(mktemp)
        if ! (cd "$ROOT" && mvn -B -Dquick -pl app -am package) > "$log" 2>&1 < /dev/null; then
            grep -m 5 ERROR "$log" >&2
            fail "the build failed: see $log"
        fi
        rm -f "$ROOT/app/target/spiceshm.aot"
        touch -r "$begun" "$stamp"
        rm -f "$begun"
        say "built"
    ) 9> "$ROOT/app/target/build.lock" || exit 1
}

# Sets CLASS_PATH and JVM_FLAGS for the built program.
program() {
    CLASS_PATH=$(printf '%s:' "$ROOT"/app/target/spiceshm-*.jar "$ROOT"/app/target/lib/*.jar)
    CLASS_PATH=${CLASS_PATH%:}
    JVM_FLAGS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC"
    JVM_FLAGS="$JVM_FLAGS -Dio.netty.noUnsafe=true -Dio.netty.tryReflectionSetAccessible=false"
}
