using Holdfast.Clients;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Holdfast.Tests.Architecture;

/// <summary>One table says what is known of each client: no other code asks for one by its name.</summary>
public sealed class ClientNameTests
{
    /// <summary>The projects that serve requests; the others read recordings, in which clients state what they like.</summary>
    private static readonly string[] Serving = ["src/Holdfast", "src/Holdfast.Wire"];

    private static readonly string[] Agents =
    [
        .. KnownClients.All.Where(row => row.Runtimes.Length == 0)
            .SelectMany(row => row.Products.Append(row.Name)).Select(Plain).Distinct(),
    ];

    private static readonly HashSet<string> Words =
    [
        .. KnownClients.All.SelectMany(row => row.Products.Concat(row.Runtimes).Concat(row.Mentions)).Select(Plain),
    ];

    [Fact]
    public void Only_the_folder_of_clients_names_one_in_code()
    {
        var wrong =
            from folder in Serving
            from file in Repository.Files(folder, "*.cs")
            let path = Repository.Relative(file)
            where !path.StartsWith("src/Holdfast/Clients/", StringComparison.Ordinal)
            from name in NamesIn(File.ReadAllText(file))
            select $"{path}: {name} (ask the row of the request's client)";

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("class A { bool IsCodex; }", "IsCodex")]
    [InlineData("class A { bool Is(string name) => name == \"claude-cli\"; }", "claude-cli")]
    [InlineData("class A { bool Is(string name) => name.StartsWith(\"OpenCode/\"); }", "OpenCode/")]
    [InlineData("class A { bool Is(string name) => name is \"undici\"; }", "undici")]
    [InlineData("class A { string Of(int i) => $\"codex{i}\"; }", "codex")]
    [InlineData("class A { bool Is(System.ReadOnlySpan<byte> name) => name.SequenceEqual(\"bun\"u8); }", "bun")]
    public void A_name_in_code_is_found(string code, string name) => Assert.Equal([name], NamesIn(code));

    [Theory]
    [InlineData("/// <summary>Codex waits.</summary>\nclass A; // Not for claude-cli.")]
    [InlineData("class A { string Cause => \"Codex tries a WebSocket first\"; }")]
    [InlineData("class A { string Of(Tree node) => $\"node {node.Bundle}\"; }")]
    public void Prose_may_name_one(string code) => Assert.Empty(NamesIn(code));

    private static IEnumerable<string> NamesIn(string code) => CSharpSyntaxTree.ParseText(code).GetRoot().DescendantTokens()
        .Where(token => token.Kind() switch
        {
            SyntaxKind.IdentifierToken => IsAgents(token.ValueText),
            SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.InterpolatedStringTextToken =>
                !token.ValueText.Contains(' ', StringComparison.Ordinal)
                && (IsAgents(token.ValueText) || Words.Contains(Plain(token.ValueText))),
            _ => false,
        }).Select(token => token.ValueText);

    private static bool IsAgents(string text) =>
        Plain(text) is var plain && Agents.Any(agent => plain.Contains(agent, StringComparison.Ordinal));

    // As an identifier and as a header have it: ClaudeCode, claude-code, claude_code.
    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
