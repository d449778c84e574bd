// One bash function serves both shells: zsh has bashcompinit.

#include "cli/completion.h"

#include <fmt/format.h>

namespace headrace::cli {

void PrintCompletion(const std::string& shell,
                     const std::vector<std::pair<std::string, std::vector<std::string>>>& words) {
  if (shell == "zsh") fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
  std::string commands;
  for (const auto& [command, options] : words) commands += command + " ";
  fmt::print("_headrace() {{\n  local words=\"{}\"\n  case \"${{COMP_WORDS[1]}}\" in\n", commands);
  for (const auto& [command, options] : words) {
    fmt::print(
        "    {}) [ $COMP_CWORD -gt 1 ] && words=\"{}\" ;;\n", command, fmt::join(options, " "));
  }
  fmt::print(
      "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "}}\ncomplete -o default -F _headrace headrace\n");
}

}  // namespace headrace::cli
