namespace Holdfast.Configuration.Kinds;

/// <summary>Finds what somebody most likely meant. Pure.</summary>
internal static class NearestName
{
    /// <summary>The candidate that takes the fewest edits, or null when none is near.</summary>
    public static string? Of(string written, IEnumerable<string> candidates)
    {
        var nearest = candidates
            .Select(name => (Name: name, Edits: Edits(written.ToUpperInvariant(), name.ToUpperInvariant())))
            .OrderBy(candidate => candidate.Edits)
            .FirstOrDefault();
        return nearest.Name is { } near && nearest.Edits <= Math.Max(2, near.Length / 3) ? near : null;
    }

    // Levenshtein's distance, one row at a time.
    private static int Edits(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var column = 0; column <= to.Length; column++)
        {
            row[column] = column;
        }

        for (var line = 1; line <= from.Length; line++)
        {
            var diagonal = row[0];
            row[0] = line;
            for (var column = 1; column <= to.Length; column++)
            {
                var replace = diagonal + (from[line - 1] == to[column - 1] ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.Min(replace, Math.Min(row[column], row[column - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
