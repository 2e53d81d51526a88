using Holdfast.Accounts.Pricing;

namespace Holdfast.Tests.Accounts;

/// <summary>Prices are looked up by the whole name of a model, however it is spelled; what only begins alike is another.</summary>
public sealed class PricedNameTests
{
    [Theory]
    [InlineData("claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("Claude-Opus-5.5", "claude-opus-5-5")]
    [InlineData("anthropic/claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("Anthropic/claude-opus-5.5-20260922", "claude-opus-5-5")]
    [InlineData("claude-opus-5-5@20260922", "claude-opus-5-5")]
    [InlineData("claude-opus-5-5[1m]", "claude-opus-5-5")]
    [InlineData("claude-opus-5-5-20260922[1m]", "claude-opus-5-5")]
    [InlineData("claude-opus-5-5-latest", "claude-opus-5-5")]
    [InlineData("gpt-5.4", "gpt-5-4")]
    [InlineData("gpt-5-4", "gpt-5-4")]
    [InlineData("gpt-5.4-2026-03-05", "gpt-5-4")]
    [InlineData("models/gemini-2.5-pro", "gemini-2-5-pro")]
    [InlineData("moonshotai/kimi-k2.5", "kimi-k2-5")]
    [InlineData("z-ai/glm-4.6", "glm-4-6")]
    [InlineData("MiniMax-M3", "minimax-m3")]
    [InlineData("mistral-large-2512", "mistral-large-2512")]
    [InlineData("model-20261332", "model-20261332")]
    [InlineData("model-19990101", "model-19990101")]
    [InlineData("model-2026-00-05", "model-2026-00-05")]
    [InlineData("model-2026@03-05", "model-2026@03-05")]
    [InlineData("-latest", "-latest")]
    [InlineData("[1m]", "[1m]")]
    [InlineData("-20260922", "-20260922")]
    [InlineData("openrouter/anthropic/claude-opus-5-5", "openrouter/anthropic/claude-opus-5-5")]
    [InlineData("groq/kimi-k2.5", "groq/kimi-k2-5")]
    [InlineData("/gpt-5", "/gpt-5")]
    [InlineData("", "")]
    public void Every_spelling_of_a_model_is_the_same_name(string name, string expected) =>
        Assert.Equal(expected, PricedName.Normalise(name));

    [Fact]
    public void A_name_that_is_too_long_is_none()
    {
        Assert.Equal(PricedName.Longest, PricedName.Normalise(new string('a', PricedName.Longest)).Length);
        Assert.Equal("", PricedName.Normalise(new string('a', PricedName.Longest + 1)));
    }
}
