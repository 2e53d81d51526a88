using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>Drives the official Anthropic SDK for .NET.</summary>
internal static class DotNetAnthropic
{
    public static async Task CallAsync(SdkCall call, SdkResult seen)
    {
        var client = new AnthropicClient { BaseUrl = call.BaseUrl, ApiKey = "not-a-key", MaxRetries = 0 };
        try
        {
            await (call.Op switch
            {
                "stream" => StreamAsync(client, call.Model, seen),
                // By itself it waits 30 s for an answer.
                "whole" => WholeAsync(WithPatience(client), call.Model, seen),
                "count" => CountAsync(client, call.Model, seen),
                _ => ListAsync(client, seen),
            });
        }
        catch (Exception e)
        {
            // Whatever it throws is a finding, not a failure of the test itself.
            var status = e is AnthropicApiException api ? (int?)api.StatusCode : null;
            seen.Error = new(e.GetType().Name, status, null, e.ToString());
        }
    }

    private static async Task StreamAsync(AnthropicClient client, string model, SdkResult seen)
    {
        await foreach (var e in client.Messages.CreateStreaming(Turn(model)))
        {
            seen.Events.Add(e.Type.Raw());
            if (e.TryPickContentBlockStart(out var start) && start.ContentBlock.TryPickToolUse(out var tool))
            {
                seen.Tool = tool.Name;
            }
            else if (e.TryPickContentBlockDelta(out var delta))
            {
                Note(delta.Delta, seen);
            }
            else if (e.TryPickDelta(out var end))
            {
                seen.End = end.Delta.StopReason?.Raw();
            }
        }
    }

    private static void Note(RawContentBlockDelta delta, SdkResult seen) => delta.Switch(
        text => seen.Text += text.Text,
        input => seen.ToolInput += input.PartialJson,
        citations => { },
        thinking => seen.Thinking += thinking.Thinking,
        signature => seen.Signature = signature.Signature);

    private static async Task WholeAsync(IAnthropicClient client, string model, SdkResult seen)
    {
        var message = await client.Messages.Create(Turn(model));
        seen.End = message.StopReason?.Raw();
        foreach (var block in message.Content)
        {
            if (block.TryPickText(out var text))
            {
                seen.Text += text.Text;
            }
            else if (block.TryPickThinking(out var thinking))
            {
                (seen.Thinking, seen.Signature) = (thinking.Thinking, thinking.Signature);
            }
            else if (block.TryPickToolUse(out var tool))
            {
                (seen.Tool, seen.ToolInput) = (tool.Name, System.Text.Json.JsonSerializer.Serialize(tool.Input));
            }
        }
    }

    private static async Task CountAsync(AnthropicClient client, string model, SdkResult seen)
    {
        var question = new MessageCountTokensParams { Model = model, Messages = [new UserMessageParam("hello")] };
        var count = await client.Messages.CountTokens(question);
        seen.Text = $"{count.InputTokens}";
    }

    private static async Task ListAsync(AnthropicClient client, SdkResult seen)
    {
        var page = await client.Models.List();
        seen.Events.AddRange(page.Items.Select(model => model.ID));
    }

    private static IAnthropicClient WithPatience(AnthropicClient client) =>
        client.WithOptions(options => options with { Timeout = TimeSpan.FromMinutes(2) });

    private static MessageCreateParams Turn(string model) =>
        new() { Model = model, MaxTokens = 64, Messages = [new UserMessageParam("hello")] };
}
