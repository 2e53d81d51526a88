using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Observability;

/// <summary>Takes secrets out of what we print. Pure. A net below the rule that no secret gets there, not a
/// licence to log one.</summary>
internal static class Redaction
{
    private const string Hidden = "***";
    private const int MostText = 16 * 1024;

    // Linear in the text, whatever it says: much of what is printed was written by others.
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.IgnorePatternWhitespace
        | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    // One of these stands in everything that the expressions find, but for users in URLs.
    // Most texts hold none and need no expression: those are built
    // when the first one is needed, which the start of the program is not.
    private static readonly SearchValues<string> Signs = SearchValues.Create(
        ["bearer", "basic", "token", "sk-", "AIza", "ya29.", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "hf_",
            "gsk_", "xai-", "nvapi-", "pplx-", "r8_", "AKIA", "eyJ", "key", "secret", "password", "authorization", "sig=", "signature="],
        StringComparison.OrdinalIgnoreCase);

    // The shapes of known keys. The parts named "keep" and "behind" tell what stood there and hold nothing of the secret.
    private static readonly Lazy<Regex> KeyShapes = new(() => new Regex(
        """
        (?<keep>\b(?:Bearer|Basic|Token)\s+)[A-Za-z0-9._~+/=-]{6,}
        |(?<keep>\bsk-(?:ant-|proj-|or-|svcacct-)?)[A-Za-z0-9_-]{6,}
        |(?<keep>\bAIza)[A-Za-z0-9_-]{10,}
        |(?<keep>\bya29\.)[A-Za-z0-9._-]{6,}
        |(?<keep>\b(?:gh[pousr]_|github_pat_|xox[abprs]-|hf_|gsk_|xai-|nvapi-|pplx-|r8_|AKIA))[A-Za-z0-9_-]{8,}
        |(?<keep>\beyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?
        |(?<keep>://)[^\s/@:]+:[^\s/@]+(?<behind>@)
        """,
        Linear));

    // A secret's name with its value: in a URL's query, a header line, JSON.
    private static readonly Lazy<Regex> SecretPairs = new(() => new Regex(
        """
        (?<keep>\b(?:x-)?(?:goog-)?(?:api[-_]?key|access[-_]?token|refresh[-_]?token|auth[-_]?token|client[-_]?secret|password)["']?\s*[=:]\s*["']?)[^\s"'&,;}]{3,}
        |(?<keep>[?&](?:key|token|sig|signature)=)[^\s"'&]+
        |(?<keep>\b(?:proxy-)?authorization["']?\s*[=:]\s*["']?)(?<credential>[^\s"',;}]{3,})
        """,
        Linear));

    private static readonly string[] SecretNames =
        ["key", "token", "secret", "password", "passwd", "pwd", "auth", "authorization", "credential", "credentials",
            "signature", "sig", "code", "session"];

    // Written in one piece, so that the word before cannot be told by its shape.
    private static readonly string[] JoinedNames =
        ["apikey", "accesskey", "secretkey", "accesstoken", "authtoken", "refreshtoken", "idtoken", "clientsecret"];

    /// <summary>A query, with or without its <c>?</c>, each secret's value replaced; everything else byte for
    /// byte.</summary>
    public static string Query(string query)
    {
        if (query.Length < 5 || query == "?beta=true")
        {
            // Nothing, or what a coding agent sends with every request.
            return query;
        }

        var start = query[0] == '?' ? 1 : 0;
        var mayHoldMore = MayHoldUser(query);
        var result = new StringBuilder(query.Length).Append(query, 0, start);
        foreach (var part in query.AsSpan(start).Split('&'))
        {
            var pair = query.AsSpan(start)[part];
            var equals = pair.IndexOf('=');
            result.Append(result.Length > start ? "&" : "");
            if (equals >= 0 && IsSecretName(pair[..equals]))
            {
                result.Append(pair[..equals]).Append('=').Append(Hidden);
            }
            else
            {
                result.Append(pair);
                mayHoldMore |= pair.ContainsAny(Signs);
            }
        }

        return mayHoldMore ? Text(result.ToString()) : result.ToString();
    }

    /// <summary>A text, everything in it that looks like a key replaced; what is longer than anyone reads is cut
    /// off.</summary>
    public static string Text(string text)
    {
        if (text.Length < 8)
        {
            return text;
        }

        if (text.Length > MostText)
        {
            text = text[..MostText] + "…";
        }

        if (!MayHoldUser(text) && !text.AsSpan().ContainsAny(Signs))
        {
            return text;
        }

        text = KeyShapes.Value.Replace(text, match => match.Groups["keep"].Value + Hidden + match.Groups["behind"].Value);
        return SecretPairs.Value.Replace(text, match => IsScheme(match.Groups["credential"], text) ? match.Value : match.Groups["keep"].Value + Hidden);
    }

    private static bool MayHoldUser(string text) =>
        text.Contains('@', StringComparison.Ordinal) && text.Contains("://", StringComparison.Ordinal);

    // "authorization: Bearer …": the first word is no secret, and the second one is known by its shape.
    private static bool IsScheme(Group credential, string text)
    {
        var end = credential.Index + credential.Length;
        return end < text.Length && char.IsWhiteSpace(text[end])
            && (credential.ValueSpan.Equals("bearer", StringComparison.OrdinalIgnoreCase)
                || credential.ValueSpan.Equals("basic", StringComparison.OrdinalIgnoreCase)
                || credential.ValueSpan.Equals("token", StringComparison.OrdinalIgnoreCase));
    }

    // Names are compared by their last word, decoded, so that api_key, apiKey, x-goog-api-key, access%5Ftoken all
    // count.
    private static bool IsSecretName(ReadOnlySpan<char> raw)
    {
        var name = Decode(raw.ToString());
        foreach (var secret in SecretNames)
        {
            if (!name.EndsWith(secret, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var before = name.Length - secret.Length - 1;
            if (before < 0 || !char.IsAsciiLetter(name[before]) || char.IsAsciiLetterUpper(name[before + 1]) ||
                JoinedNames.Any(joined => name.EndsWith(joined, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    // Twice at most: what is encoded three times over is nobody's parameter name.
    private static string Decode(string name)
    {
        var once = Uri.UnescapeDataString(name.Replace('+', ' '));
        return Uri.UnescapeDataString(once).Trim();
    }
}
