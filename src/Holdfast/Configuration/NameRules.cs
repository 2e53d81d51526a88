using System.Text.RegularExpressions;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Settings;
using Holdfast.Routing;

namespace Holdfast.Configuration;

/// <summary>What a name in the configuration must look like. Each check answers what is wrong, or null.</summary>
internal static class NameRules
{
    /// <summary>A candidate as one text: everything after the first slash is the model, slashes and all.</summary>
    public static TextForm<CandidateOptions> Candidate { get; } =
        new("upstream/model", @"^[^/\s]+(/[^*\s]+)?$", ReadCandidate);

    public static string? Name(string text) =>
        IsPlain(text) ? null : "is not a name: write it without blanks.";

    /// <summary>A model's name, or a pattern of them.</summary>
    public static string? ModelPattern(string text) =>
        IsPlain(text) ? null : "is not a model: write its name without blanks, or a pattern as \"claude-*\".";

    /// <summary>The name of one model.</summary>
    public static string? Model(string text)
    {
        if (!IsPlain(text))
        {
            return "is not a model: write its name without blanks.";
        }

        return text.Contains('*', StringComparison.Ordinal)
            ? "is a pattern: write one model, or none, which leaves it as it was asked for."
            : null;
    }

    /// <summary>A piece of text to look for.</summary>
    public static string? Piece(string text) =>
        string.IsNullOrWhiteSpace(text) ? "is empty, which would match everything: write a piece of the text, or leave it out." : null;

    /// <summary>A regular expression that takes time in proportion to the text.</summary>
    public static string? Expression(string text)
    {
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking).IsMatch("")
                ? "finds something in an empty text, hence everywhere: write what the secret looks like."
                : null;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return $"is no regular expression, or one with look-arounds or back references: {wrong.Message}";
        }
    }

    private static Parsed<CandidateOptions> ReadCandidate(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var upstream = slash < 0 ? text : text[..slash];
        var model = slash < 0 ? null : text[(slash + 1)..];
        var problem = upstream.Length == 0 ? "names no upstream: write \"upstream\" or \"upstream/model\"."
            : model is "" ? $"names no model: write it after the slash, or \"{upstream}\" alone, which leaves it as it was asked for."
            : Name(upstream) ?? (model is null ? null : Model(model));
        return new(new() { Upstream = upstream, Model = model }, problem);
    }

    private static bool IsPlain(string text) =>
        text.Length > 0 && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));
}
