# For sh: load_environment FILE exports its settings as systemd's EnvironmentFile reads them. Lines that are no setting are
# passed over, as systemd does. Values in single quotes are taken as they are.
load_environment() {
  return_character=$(printf '\r')
  while IFS= read -r line || [ -n "$line" ]; do
    line=$(trim "${line%"$return_character"}")
    case $line in \#* | \;* | =*) continue ;; *=*) ;; *) continue ;; esac
    name=$(trim "${line%%=*}") value=$(trim "${line#*=}")
    case $name in [!A-Za-z_]* | *[!A-Za-z0-9_]*) continue ;; esac
    case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
    export "$name=$value"
  done <"$1"
}

trim() {
  text=${1#"${1%%[![:space:]]*}"}
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}
