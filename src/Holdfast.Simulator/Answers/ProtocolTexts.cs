using System.Globalization;
using System.Text;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>The pings, error events and error bodies of the four protocols, as the providers write them.</summary>
internal static class ProtocolTexts
{
    public static string? RequestIdHeader(SimulatedProtocol protocol) => protocol switch
    {
        SimulatedProtocol.Anthropic => "request-id",
        SimulatedProtocol.Chat or SimulatedProtocol.Responses => "x-request-id",
        _ => null,
    };

    /// <summary>The provider's sign of life; Responses numbers it, Gemini has only blank lines.</summary>
    public static byte[] Ping(SimulatedProtocol protocol, int sequence) => Encoding.UTF8.GetBytes(protocol switch
    {
        SimulatedProtocol.Anthropic => TemplateFile.Anthropic.Fill("ping") + "\n\n",
        SimulatedProtocol.Chat => TemplateFile.Chat.Fill("ping") + "\n\n",
        SimulatedProtocol.Responses => TemplateFile.Responses.Fill("ping", ("seq", Number(sequence))) + "\n\n",
        _ => "\n\n",
    });

    /// <summary>The error event that takes the place of event number <paramref name="position"/>.</summary>
    public static byte[] ErrorEvent(AnswerContent content, int position) => Encoding.UTF8.GetBytes(
        content.Protocol switch
        {
            SimulatedProtocol.Anthropic => TemplateFile.Anthropic.Fill("error") + "\n\n",
            SimulatedProtocol.Chat => TemplateFile.Chat.Fill("error") + "\n\n",
            SimulatedProtocol.Responses =>
                TemplateFile.Responses.Fill("error", ("seq", Number(position))) + "\n\n",
            _ => GeminiTranscript.Frame(
                jsonArray: content.ContentType.StartsWith("application/json", StringComparison.Ordinal),
                TemplateFile.Gemini.Fill("error"), first: position == 0, last: true),
        });

    /// <summary>An error answer in the protocol's shape.</summary>
    /// <param name="message">What to say; by default what the provider says for this status.</param>
    /// <param name="code">OpenAI's <c>error.code</c>; by default the one that fits the status.</param>
    public static AnswerContent ErrorContent(
        SimulatedProtocol protocol,
        int status,
        string? message = null,
        int? retryAfter = null,
        string? code = null)
    {
        var body = protocol switch
        {
            SimulatedProtocol.Anthropic => TemplateFile.Anthropic.Fill("error_body",
                ("type", AnthropicType(status)),
                ("message", TemplateFile.Escape(message ?? AnthropicMessage(status)))),
            SimulatedProtocol.Gemini => TemplateFile.Gemini.Fill("error_body",
                ("status", Number(status)), ("type", GeminiStatus(status)), ("details", RetryInfo(retryAfter)),
                ("message", TemplateFile.Escape(message ?? GeminiMessage(status)))),
            _ => TemplateFile.Chat.Fill("error_body",
                ("type", OpenAIType(status)), ("code", Quoted(code ?? OpenAICode(status))),
                ("message", TemplateFile.Escape(message ?? OpenAIMessage(status)))),
        };
        var content = AnswerContent.Json(protocol, status, body);
        return retryAfter is not { } seconds
            ? content
            : content with { Headers = [new KeyValuePair<string, string>("retry-after", Number(seconds))] };
    }

    /// <summary>404 as the provider says it of a model it does not have.</summary>
    public static AnswerContent ModelNotFound(SimulatedProtocol protocol, string model, string? reason) =>
        ErrorContent(protocol, 404, code: "model_not_found", message: (protocol switch
        {
            SimulatedProtocol.Anthropic => $"model: {model}",
            SimulatedProtocol.Gemini => $"models/{model} is not found for API version v1beta, or is not supported.",
            _ => $"The model `{model}` does not exist or you do not have access to it.",
        }) + (reason is null ? "" : $" ({reason})"));

    public static string HtmlPage(int status) =>
        $"""
        <!DOCTYPE html>
        <html><head><title>{status} {Reason(status)}</title></head>
        <body><center><h1>{status} {Reason(status)}</h1></center><hr><center>cloudflare</center></body></html>
        """;

    public static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Site Overloaded",
        _ => "Status",
    };

    private static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    private static string AnthropicMessage(int status) => status switch
    {
        401 => "invalid x-api-key",
        402 => "Your credit balance is too low to access the Anthropic API.",
        413 => "Request exceeds the maximum size",
        429 => "This request would exceed your account's rate limit. Please try again later.",
        500 => "Internal server error",
        529 => "Overloaded",
        _ => Reason(status),
    };

    private static string OpenAIType(int status) => status switch
    {
        429 => "requests",
        503 or 529 => "service_unavailable_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static string? OpenAICode(int status) => status switch
    {
        401 => "invalid_api_key",
        429 => "rate_limit_exceeded",
        503 or 529 => "server_is_overloaded",
        _ => null,
    };

    private static string OpenAIMessage(int status) => status switch
    {
        401 => "Incorrect API key provided.",
        429 => "Rate limit reached for requests. Please try again later.",
        503 or 529 => "Our servers are currently overloaded. Please try again later.",
        >= 500 => "The server had an error while processing your request. Sorry about that!",
        _ => Reason(status),
    };

    private static string GeminiStatus(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 or 402 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        504 => "DEADLINE_EXCEEDED",
        >= 500 => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };

    private static string GeminiMessage(int status) => status switch
    {
        401 => "API key not valid. Please pass a valid API key.",
        429 => "You exceeded your current quota. Please try again later.",
        503 or 529 => "The model is overloaded. Please try again later.",
        _ => Reason(status),
    };

    private static string RetryInfo(int? seconds) =>
        seconds is { } value ? TemplateFile.Gemini.Fill("retry_info", ("seconds", Number(value))) : "";

    private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
