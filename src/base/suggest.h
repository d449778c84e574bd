// "Did you mean …?": the known word that is nearest to a mistyped one.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headrace {

// How many letters must be put in, taken out, replaced or swapped with their neighbour to turn one
// word into the other. Upper and lower case count as the same letter.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`; empty when none is near enough to be what was meant (more than a
// third of the letters differ). The first of equals.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

// ", did you mean '…'?" for the end of a message, or nothing.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace headrace
