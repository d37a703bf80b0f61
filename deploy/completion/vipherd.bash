# bash completion for vipherd(8). What may follow is vipherd's to say ("vipherd complete"): commands, options
# and, if the agent runs and may be asked, the names of its services and VIPs.

_vipherd() {
  local words=() found=() word typed before
  # Not COMP_WORDS: bash breaks IPv6 addresses at their colons.
  read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  typed=${words[-1]}
  COMPREPLY=()
  while IFS= read -r word; do
    found+=("$word")
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  if [[ ${found[0]-} == :files ]]; then
    compopt -o default
    return
  fi
  # bash replaces only what follows the last colon.
  before=
  [[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && before=${typed%"${typed##*:}"}
  for word in "${found[@]}"; do
    COMPREPLY+=("${word#"$before"}")
  done
}

complete -F _vipherd vipherd
