#!/bin/sh
# Makes $VENV hold what the requirements file $1 asks for; does nothing when it does already.
#   .pretext-installed   the text of the requirements that are installed, written last of all
#   .pretext-busy        the process that is changing the folder; left behind by one that was stopped half-way
#   .pretext-index       the TORCH_INDEX that torch came from
set -eu
stop() { printf '%s\n' "$*" >&2; exit 1; }
version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
new_enough() { case $1 in 3.1[1-9] | 3.[2-9][0-9]) ;; *) return 1 ;; esac; }
pip() {
    quiet=--quiet
    [ ! -t 1 ] || quiet=
    "$python" -m pip --disable-pip-version-check --no-input "$@" $quiet
}

# Sets `base` to the first Python that will do, or stops and says what is missing.
find_base() {
    complaint="none was found"
    lacking=
    if [ -n "$PYTHON" ]; then
        complaint="$PYTHON cannot be run"
        set -- "$PYTHON"
    else
        set -- python3.14 python3.13 python3.12 python3.11 python3
    fi
    for base; do
        found=$(version "$base") || continue
        if ! new_enough "$found"; then
            complaint="$base is $found"
        elif "$base" -c 'import ensurepip, venv' 2>/dev/null; then
            return
        else
            lacking="$base has no venv module; on Debian or Ubuntu type: sudo apt-get install python$found-venv"
        fi
    done
    [ -z "$lacking" ] || stop "$lacking"
    stop "Pretext needs Python 3.11 or newer, and $complaint: install one, or name it with PYTHON=/path/to/python3."
}

wants=$1
run=$(cat requirements.txt)
dev=$(cat requirements.txt requirements-dev.txt)
wanted=$run
[ "$wants" = requirements.txt ] || wanted=$dev

python=$VENV/bin/python
busy=$VENV/.pretext-busy
installed=$(cat "$VENV/.pretext-installed" 2>/dev/null || :)
index=$(cat "$VENV/.pretext-index" 2>/dev/null || :)
mine=$(version "$python" || :)
new_enough "$mine" || mine=
if [ -n "$PYTHON" ] && [ "$(version "$PYTHON" || :)" != "$mine" ]; then mine=; fi

if [ -n "$mine" ] && [ ! -f "$busy" ] && [ "${TORCH_INDEX:-$index}" = "$index" ]; then
    case $installed in "$wanted" | "$dev") exit 0 ;; esac
fi

if [ -f "$busy" ]; then
    other=$(cat "$busy")
    if kill -0 "${other:-none}" 2>/dev/null; then
        stop "Another make (process $other) is installing into $VENV: wait until it has finished, then try again."
    fi
    echo "The last install did not finish: starting again."
    mine=
fi
if [ -z "$mine" ] || ! "$python" -m pip --version >/dev/null 2>&1; then
    if [ -d "$VENV" ] && [ ! -f "$VENV/pyvenv.cfg" ] && [ ! -f "$busy" ] && [ -n "$(ls -A "$VENV")" ]; then
        stop "$VENV holds something else than an environment for Python: name another folder with VENV=."
    fi
    find_base
    rm -rf "$VENV/lib" "$VENV" # the bulk first: what is left when this is stopped is still known for an environment
    mine=
fi

mkdir -p "$VENV"
trap 'exit 130' INT
trap 'exit 143' TERM HUP
echo $$ >"$busy"
echo "Installing what $wants lists into $VENV (once; it can take some minutes)."
if [ -z "$mine" ]; then
    "$base" -m venv "$VENV" || stop "$base could not make an environment in $VENV: its message is above."
fi

new=${TORCH_INDEX:-$index}
if [ -n "$new" ]; then
    pin=$(sed -n 's/^\(torch==[^ #;]*\).*/\1/p' requirements.txt)
    # A torch of the same version from elsewhere would satisfy the pin: hence the force, when the index is not known.
    again="--force-reinstall --no-deps"
    if [ -n "$mine" ] && [ "$new" = "$index" ]; then again=; fi
    if pip install --index-url "$new" $again "$pin" 2>/dev/null; then
        printf '%s\n' "$new" >"$VENV/.pretext-index"
    else
        echo "$new has no $pin for this machine: going on with the usual package index." >&2
        new=
    fi
fi
if ! pip install ${new:+--extra-index-url "$new"} -r "$wants"; then
    rm -f "$busy"
    stop "Installing failed: pip's message is above. Nothing that worked before is lost; try again when it is mended."
fi
printf '%s\n' "$wanted" >"$VENV/.pretext-installed"
rm -f "$busy"
