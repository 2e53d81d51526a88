using Holdfast.Routing;

namespace Holdfast.Tests.Routing;

public sealed class ModelPatternTests
{
    [Theory]
    [InlineData("claude-opus-4-6", "claude-opus-4-6", true)]
    [InlineData("claude-opus-4-6", "Claude-Opus-4-6", true)]
    [InlineData("claude-opus-4-6", "claude-opus-4-6-1", false)]
    [InlineData("claude-*", "claude-", true)]
    [InlineData("claude-*", "claude-sonnet", true)]
    [InlineData("claude-*", "gpt-5", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "azure/anthropic/claude", true)]
    [InlineData("*/claude-*", "azure/anthropic/claude-x", true)]
    [InlineData("*-mini", "gpt-5-mini", true)]
    [InlineData("*-mini", "gpt-5-minimal", false)]
    [InlineData("a*b*c", "abc", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("aa*aa", "aaa", false)]
    [InlineData("aa*aa", "aaaa", true)]
    [InlineData("gpt-5.1", "gpt-5x1", false)]
    public void A_star_stands_for_any_text_and_nothing_else_is_special(string pattern, string model, bool matches) =>
        Assert.Equal(matches, new ModelPattern(pattern).Matches(model));
}
