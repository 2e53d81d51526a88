using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>Drives the official OpenAI SDK for .NET: Chat and Responses.</summary>
internal static class DotNetOpenAI
{
    public static async Task CallAsync(SdkCall call, SdkResult seen)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = new Uri(call.BaseUrl + "/v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        };
        var client = new OpenAIClient(new ApiKeyCredential("not-a-key"), options);
        try
        {
            await (call.Op switch
            {
                "chat-stream" => StreamChatAsync(client.GetChatClient(call.Model), seen),
                "chat-whole" => WholeChatAsync(client.GetChatClient(call.Model), seen),
                "responses-stream" => StreamResponseAsync(client.GetResponsesClient(), call.Model, seen),
                "responses-whole" => WholeResponseAsync(client.GetResponsesClient(), call.Model, seen),
                _ => ListAsync(client, seen),
            });
        }
        catch (Exception e)
        {
            // Whatever it throws is a finding, not a failure of the test itself.
            seen.Error = new(e.GetType().Name, (e as ClientResultException)?.Status, null, e.ToString());
        }
    }

    private static async Task StreamChatAsync(ChatClient client, SdkResult seen)
    {
        await foreach (var update in client.CompleteChatStreamingAsync(new UserChatMessage("hello")))
        {
            seen.Events.Add("chat.completion.chunk");
            seen.Text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            seen.End = update.FinishReason is { } reason ? WordOf(reason) : seen.End;
            foreach (var call in update.ToolCallUpdates)
            {
                seen.Tool ??= call.FunctionName;
                seen.ToolInput += call.FunctionArgumentsUpdate;
            }
        }
    }

    private static async Task WholeChatAsync(ChatClient client, SdkResult seen)
    {
        ChatCompletion answer = await client.CompleteChatAsync(new UserChatMessage("hello"));
        seen.Text = string.Concat(answer.Content.Select(part => part.Text));
        seen.End = WordOf(answer.FinishReason);
        seen.Tool = answer.ToolCalls is [{ } call, ..] ? call.FunctionName : null;
    }

    private static async Task StreamResponseAsync(ResponsesClient client, string model, SdkResult seen)
    {
        await foreach (var update in await client.CreateResponseStreamingAsync(model, "hello"))
        {
            seen.Events.Add(update.GetType().Name);
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
            {
                seen.Text += delta.Delta;
            }
            else if (update is StreamingResponseCompletedUpdate completed)
            {
                Note(completed.Response, seen);
            }
            else if (update is StreamingResponseFailedUpdate failed)
            {
                seen.End = WordOf(failed.Response.Status);
                var error = failed.Response.Error;
                seen.Error = new("response.failed", null, error.Code.ToString(), error.Message);
            }
        }
    }

    private static async Task WholeResponseAsync(ResponsesClient client, string model, SdkResult seen)
    {
        ResponseResult answer = await client.CreateResponseAsync(model, "hello");
        Note(answer, seen);
    }

    private static void Note(ResponseResult answer, SdkResult seen)
    {
        seen.End = WordOf(answer.Status);
        seen.Text = answer.GetOutputText() ?? "";
        foreach (var item in answer.OutputItems)
        {
            if (item is ReasoningResponseItem reasoning)
            {
                (seen.Thinking, seen.Signature) = (reasoning.GetSummaryText(), reasoning.EncryptedContent);
            }
            else if (item is FunctionCallResponseItem call)
            {
                (seen.Tool, seen.ToolInput) = (call.FunctionName, call.FunctionArguments.ToString());
            }
        }
    }

    /// <summary>The word on the wire for one of the SDK's enums.</summary>
    private static string WordOf<T>(T value) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}");

    private static async Task ListAsync(OpenAIClient client, SdkResult seen)
    {
        var models = await client.GetOpenAIModelClient().GetModelsAsync();
        seen.Events.AddRange(models.Value.Select(model => model.Id));
    }
}
