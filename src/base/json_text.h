// Small operations on JSON that is kept as text.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

// `base` with the members of `more` put over it. Both are JSON objects; what is not one counts as
// {}.
std::string MergeJsonObjects(std::string_view base, std::string_view more);

// The members of an object whose values are strings, in its order; others as their JSON text.
std::vector<std::pair<std::string, std::string>> JsonStrings(std::string_view object);

// A number member of an object; nullopt where there is none.
std::optional<double> JsonNumber(std::string_view object, std::string_view name);
// A string member of an object; nullopt where there is none.
std::optional<std::string> JsonString(std::string_view object, std::string_view name);

// `{"a":"x","b":["1","2"]}` from names and values; more than one value makes a list.
std::string JsonObjectOf(const std::vector<std::pair<std::string, std::vector<std::string>>>& items,
                         const std::vector<bool>& lists);

// A JSON string literal.
std::string JsonQuote(std::string_view text);

}  // namespace headrace
