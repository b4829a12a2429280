namespace ModelService.Models.Errors;

/// <summary>Helps to write error messages: suggests corrections of misspelt words, and shortens quoted input.</summary>
public static class Suggestions
{
    private const int LongestQuote = 60;

    /// <summary>
    /// Finds the candidate with the smallest edit distance to a misspelt word. Case, underscores and a namespace, as in
    /// <c>nn.Linear</c>, make no difference.
    /// </summary>
    /// <param name="word">The misspelt word.</param>
    /// <param name="candidates">The correct words.</param>
    /// <returns>
    /// The candidate; null if more than a third of its letters, and more than one, would have to change.
    /// </returns>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestQuote)
            return null;
        var letters = Letters(word);
        var best = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(letters, Letters(candidate))))
            .DefaultIfEmpty()
            .MinBy(pair => pair.Distance);
        return best.Candidate is not null && best.Distance <= Math.Max(1, best.Candidate.Length / 3)
            ? best.Candidate
            : null;
    }

    /// <summary>Shortens a text to its beginning if it is too long to quote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">The number of characters that are not too long.</param>
    public static string Shorten(string text, int longest = LongestQuote) =>
        text.Length <= longest ? text : text[..longest] + "...";

    private static string Letters(string word) =>
        word[(word.LastIndexOfAny(['.', ':']) + 1)..].Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    // Levenshtein distance, one row at a time.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                (diagonal, row[j]) = (
                    row[j],
                    Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1))
                );
            }
        }

        return row[^1];
    }
}
