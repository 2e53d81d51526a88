namespace Holdfast.Accounts.Pricing;

/// <summary>Brings the many spellings of one model's name into the one by which prices are looked up: in lower case,
/// <c>-</c> for <c>.</c>, without its maker's name before it and without date, <c>-latest</c> and <c>[1m]</c> behind it.
/// Nothing else is taken away: a name that merely begins like another is another model.</summary>
public static class PricedName
{
    /// <summary>What is longer is no model that has a price.</summary>
    public const int Longest = 128;

    private const string LargeContext = "[1m]";
    private const string Latest = "-latest";

    // What may stand before a slash, and whose models stand behind it. A reseller is none of these: it has its own prices.
    private static readonly (string Prefix, string Provider)[] Makers =
    [
        ("anthropic", "anthropic"), ("openai", "openai"), ("google", "google"), ("gemini", "google"), ("models", "google"),
        ("deepseek", "deepseek"), ("moonshot", "moonshot"), ("moonshotai", "moonshot"), ("zai", "zai"), ("z-ai", "zai"),
        ("minimax", "minimax"), ("xai", "xai"), ("x-ai", "xai"), ("mistral", "mistral"), ("mistralai", "mistral"),
        ("alibaba", "alibaba"), ("qwen", "alibaba"),
    ];

    /// <summary>The name by which a model's price is looked up; empty for a name that is too long.</summary>
    public static string Normalise(string name)
    {
        Span<char> buffer = stackalloc char[Longest];
        return buffer[..Normalise(name, buffer, out _)].ToString();
    }

    /// <summary>Writes that name; allocates nothing.</summary>
    /// <param name="name">The name as somebody wrote it.</param>
    /// <param name="target">Where to: room for <see cref="Longest"/> characters.</param>
    /// <param name="provider">Whose model it is, where its maker's name stood before it.</param>
    /// <returns>Its length; 0 for a name that is too long.</returns>
    internal static int Normalise(ReadOnlySpan<char> name, Span<char> target, out string? provider)
    {
        provider = TakeMaker(ref name);
        if (name.Length > Longest)
        {
            return 0;
        }

        var length = name.ToLowerInvariant(target);
        var normal = target[..length];
        normal.Replace('.', '-');
        while (TakeSuffix(ref normal))
        {
        }

        return normal.Length;
    }

    private static string? TakeMaker(ref ReadOnlySpan<char> name)
    {
        var slash = name.IndexOf('/');
        foreach (var (prefix, provider) in Makers)
        {
            if (slash == prefix.Length && name[..slash].Equals(prefix, StringComparison.OrdinalIgnoreCase))
            {
                name = name[(slash + 1)..];
                return provider;
            }
        }

        return null;
    }

    /// <summary>Takes one suffix away, unless nothing were left then.</summary>
    private static bool TakeSuffix(ref Span<char> name)
    {
        var length = name.EndsWith(LargeContext) ? LargeContext.Length
            : name.EndsWith(Latest) ? Latest.Length
            : EndsWithDate(name, "-00000000") ? "-00000000".Length
            : EndsWithDate(name, "-0000-00-00") ? "-0000-00-00".Length
            : 0;
        if (length == 0 || length >= name.Length)
        {
            return false;
        }

        name = name[..^length];
        return true;
    }

    /// <summary>Whether a name ends with a day of this century: four digits (<c>-2512</c>) are a version.</summary>
    /// <param name="name">The name.</param>
    /// <param name="form">Its form: <c>0</c> stands for a digit; <c>@</c> may stand for the first dash.</param>
    private static bool EndsWithDate(ReadOnlySpan<char> name, string form)
    {
        if (name.Length < form.Length)
        {
            return false;
        }

        var digits = 0;
        var date = 0;
        var end = name[^form.Length..];
        for (var i = 0; i < form.Length; i++)
        {
            if (form[i] == '0' ? !char.IsAsciiDigit(end[i]) : end[i] != '-' && !(i == 0 && end[i] == '@'))
            {
                return false;
            }

            date = form[i] == '0' ? (date * 10) + (end[i] - '0') : date;
            digits += form[i] == '0' ? 1 : 0;
        }

        return digits == 8 && date / 1_000_000 == 20 && date / 100 % 100 is >= 1 and <= 12 && date % 100 is >= 1 and <= 31;
    }
}
