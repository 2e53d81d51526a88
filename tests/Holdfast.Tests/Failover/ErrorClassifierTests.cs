using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>Failures are told apart: the samples of the field, each with what it must be taken for.</summary>
public sealed class ErrorClassifierTests
{
    /// <summary>Lost connections and streams, in everybody's words.</summary>
    public static TheoryData<string, string> Transport => new()
    {
        { "terminated", "timeout" },
        { "Terminated", "timeout" },
        { "  terminated  ", "timeout" },
        { "The user terminated the session manually.", "none" },
        { "TypeError: terminated", "timeout" },
        { "stream_read_error", "timeout" },
        { "  stream_read_error ", "timeout" },
        { "UND_ERR_SOCKET", "timeout" },
        { "Error: UND_ERR_SOCKET other side closed", "timeout" },
        { "UND_ERR_CONNECT_TIMEOUT", "timeout" },
        { "UND_ERR_HEADERS_TIMEOUT", "timeout" },
        { "UND_ERR_BODY_TIMEOUT", "timeout" },
        { "UND_ERR_ABORTED", "timeout" },
        { "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH", "timeout" },
        { "Request failed", "timeout" },
        { "request failed", "timeout" },
        { "Request failed after repeated internal retries.", "timeout" },
        { "LLM request failed.", "timeout" },
        { "LLM request failed: provider rejected the request schema or tool payload.", "format" },
        { "Connection error.", "timeout" },
        { "fetch failed", "timeout" },
        { "TypeError: fetch failed", "timeout" },
        { "socket hang up", "timeout" },
        { "network error: ECONNREFUSED", "timeout" },
        { "ECONNRESET by peer", "timeout" },
        { "EPIPE: broken pipe", "timeout" },
        { "Error: write EPIPE", "timeout" },
        { "Error: connect ETIMEDOUT 10.0.0.1:443", "timeout" },
        { "Error: connect ESOCKETTIMEDOUT 10.0.0.1:443", "timeout" },
        { "Error: connect EHOSTUNREACH 10.0.0.1:443", "timeout" },
        { "Error: connect ENETUNREACH 10.0.0.1:443", "timeout" },
        { "Error: read ENETRESET", "timeout" },
        { "Error: connect EHOSTDOWN 192.168.1.1:443", "timeout" },
        { "temporary dns failure EAI_AGAIN", "timeout" },
        { "dial tcp: lookup api.example.com: no such host (ENOTFOUND)", "timeout" },
        { "deadline exceeded", "timeout" },
        { "request ended without sending any chunks", "timeout" },
        { "request timed out", "timeout" },
        { "provider body timed out 50", "timeout" },
        { "The operation was aborted", "timeout" },
        { "This operation was aborted", "timeout" },
        { "stream closed", "timeout" },
        { "stream was closed", "timeout" },
        { "stream aborted", "timeout" },
        { "stream was aborted", "timeout" },
        { "Unhandled stop reason: abort", "timeout" },
        { "stop reason: abort", "timeout" },
        { "reason: abort", "timeout" },
        { "Provider finish_reason: abort", "timeout" },
        { "Unhandled stop reason: error", "server_error" },
        { "stop reason: error", "server_error" },
        { "reason: error", "server_error" },
        { "Provider finish_reason: error", "server_error" },
        { "Unhandled stop reason: network_error", "timeout" },
        { "reason: network_error", "timeout" },
        { "Provider finish_reason: network_error", "timeout" },
        { "Unhandled stop reason: MALFORMED_RESPONSE", "timeout" },
        { "Provider finish_reason: malformed_response", "timeout" },
        { "Unhandled stop reason: MALFORMED_FUNCTION_CALL", "none" },
        { "An unknown error occurred", "timeout" },
        { "  an unknown error occurred.  ", "timeout" },
        { "LLM request failed with an unknown error.", "none" },
        { "user reported that an unknown error occurred during sync", "none" },
        { "Unknown error (no error details in response)", "no_error_details" },
        { "Anthropic stream ended before message_stop", "timeout" },
        { "Bedrock stream ended before messageStop", "timeout" },
        { "Google stream ended before a terminal finish reason", "timeout" },
        { "Mistral stream ended without a terminal finish reason", "timeout" },
        { "Stream ended without finish_reason", "timeout" },
        { "OpenAI Responses stream ended before a terminal response event", "timeout" },
        { "Proxy stream ended before terminal event", "timeout" },
        { "Ollama API stream ended without a final response", "timeout" },
        { "Responses stream ended with unresolved tool calls", "timeout" },
        { "Google SSE stream ended with an incomplete frame", "timeout" },
        { "opencode-go stream ended without a terminal event", "none" },
        { "SSE stream ended before next event", "none" },
        { "Failed to download gemma4:e2b: pull stream ended before success", "none" },
        { "opencode-go stream timed out after provider-owned SSE boundary stalled", "timeout" },
        { "stream disconnected before completion: Connection to upstream server lost", "timeout" },
        { "AbortError: aborted", "none" },
        { "AbortError: Request was aborted", "timeout" },
        { "connect ECONNREFUSED 127.0.0.1:11434", "timeout" },
        { "getaddrinfo EAI_AGAIN api.openai.com", "timeout" },
        { "connect ENETRESET", "timeout" },
        { "CERT_HAS_EXPIRED", "tls_certificate" },
        { "CERT_REVOKED", "tls_certificate" },
        { "The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()", "timeout" },
        { "got status: INTERNAL. {\"error\":{\"code\":500,\"message\":\"Internal error encountered.\",\"status\":\"INTERNAL\"}}", "timeout" },
        { "网络错误", "timeout" },
        { "请求过于频繁", "rate_limit" },
        { "账户余额不足", "billing" },
    };

    /// <summary>What carries a status, in front of its text or beside it.</summary>
    public static TheoryData<string, int?, string> WithStatus => new()
    {
        { "521 <!DOCTYPE html><html><head><title>Web server is down</title></head><body>Cloudflare</body></html>", null, "server_error" },
        { "<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare-nginx</center></body></html>", 502, "server_error" },
        { "<!DOCTYPE html><html><body>Rate limit exceeded.</body></html>", 503, "server_error" },
        { "<html><body>no</body></html>", 401, "auth" },
        { "<html><body>no</body></html>", 403, "auth" },
        { "Error: 401 <html><body>no</body></html>", null, "auth" },
        { "<html><body class=\"challenge-platform\">Enable JavaScript and cookies to continue</body></html>", 403, "auth" },
        { "<html><body>pay</body></html>", 402, "billing" },
        { "<html><body>slow</body></html>", 429, "rate_limit" },
        { "HTTP 502 Bad Gateway\n\n<!doctype html><html><body>x</body></html>", null, "server_error" },
        { "500 <!DOCTYPE html> upstream responded with partial HTML text", null, "server_error" },
        { "workers_ai gateway error: quota limit exceeded", null, "rate_limit" },
        { "Azure OpenAI API error (502): Bad gateway from upstream", null, "timeout" },
        { "500 Internal Server Error", null, "server_error" },
        { "502 Bad Gateway", null, "server_error" },
        { "503 Internal Database Error", null, "server_error" },
        { "HTTP 500 temporary provider response", null, "server_error" },
        { "503: temporary provider response", null, "server_error" },
        { "503 Service Unavailable", null, "overloaded" },
        { "LLM error: service unavailable", null, "overloaded" },
        { "Mistral API error (503): service temporarily unavailable", null, "overloaded" },
        { "503 billing service unavailable; please retry your request", null, "overloaded" },
        { "504 Gateway Timeout", null, "timeout" },
        { "Provider API error (504): gateway timeout", null, "timeout" },
        { "499 Client Closed Request", null, "timeout" },
        { "524 status code (no body)", null, "timeout" },
        { "(no body)", 503, "server_error" },
        { "(no body)", 521, "server_error" },
        { "(no body)", 529, "overloaded" },
        { "The model is not available. Please try again later.", 500, "server_error" },
        { "The model is not available. Please try again later.", 502, "server_error" },
        { "The model is not available. Please try again later.", 520, "server_error" },
        { "The model is not available. Please try again later.", 523, "server_error" },
        { "The model is not available. Please try again later.", 504, "timeout" },
        { "The model is not available. Please try again later.", 522, "timeout" },
        { "The model is not available. Please try again later.", 524, "timeout" },
        { "The model is not available. Please try again later.", null, "none" },
        { "410", null, "timeout" },
        { "HTTP 410", null, "timeout" },
        { "410 Gone", null, "timeout" },
        { "HTTP 410: No body", null, "timeout" },
        { "HTTP 410: session not found", null, "session_expired" },
        { "410 conversation expired", null, "session_expired" },
        { "No conversation found with session ID: abc123", null, "session_expired" },
        { "HTTP 410: invalid_api_key", null, "auth" },
        { "HTTP 410: insufficient credits", null, "billing" },
        { "404 status code (no body)", null, "model_not_found" },
        { "HTTP 404: No body", null, "model_not_found" },
        { "HTTP 404: session not found", null, "session_expired" },
        { "HTTP 404: invalid_api_key", null, "auth" },
        { "HTTP 404: insufficient credits", null, "billing" },
        { "400 status code (no body)", null, "none" },
        { "HTTP 400: No body", null, "none" },
        { "HTTP 422: No body", null, "none" },
        { "Error: HTTP 422: No response body", null, "none" },
        { "Unprocessable Entity", 422, "format" },
        { "check open ai req parameter error", 422, "format" },
        { "check open ai req parameter error", 400, "format" },
        { "insufficient credits", 422, "billing" },
        { "insufficient credits", 400, "billing" },
        { """{"error":{"message":"You exceeded your current quota, please check your plan","type":"insufficient_quota","code":"insufficient_quota"}}""", 400, "billing" },
        { """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", 499, "overloaded" },
        { "407 Proxy Authentication Required", null, "unclassified" },
        { "Proxy notice: Status: Internal Server Error", null, "none" },
        { "Proxy notice: Status: Internal Server Error; upstream connect error", null, "timeout" },
        { "Proxy notice: Status: Internal Server Error; code:500", null, "timeout" },
        { "provider failed (HTTP 500): upstream apiKey is empty", null, "timeout" },
        { "OpenAI API error (503): 503 auth_unavailable: no auth available (providers=codex, model=gpt-5.5).", null, "auth" },
        { """{"error":{"message":"Upstream request failed","type":"upstream_error","param":"","code":null}}""", null, "server_error" },
        { "402 request reached organization usage limit, try again later", null, "rate_limit" },
        { "529 API is busy", null, "overloaded" },
        { "529 Please try again", null, "overloaded" },
        { "413 Request Entity Too Large", null, "context_overflow" },
        { "insufficient account balance", 429, "rate_limit" },
        { "Rate limit is exceeded. Try again in 52 seconds.", 429, "rate_limit" },
        { "an error occurred while processing your request", 400, "format" },
        { "", 500, "server_error" },
        { "", 429, "rate_limit" },
        { "", 401, "auth" },
        { "", 402, "billing" },
        { "", 404, "model_not_found" },
        { "", 408, "timeout" },
        { "", 451, "unclassified" },
        { "", 530, "server_error" },
    };

    /// <summary>What single providers say.</summary>
    public static TheoryData<string, string> Providers => new()
    {
        { """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_test"}""", "overloaded" },
        { """{"type":"error","error":{"type":"api_error","message":"Internal server error"}}""", "timeout" },
        { """{"type":"error","error":{"type":"api_error","message":"An unexpected error occurred while processing the response"}}""", "timeout" },
        { """{"type":"error","error":{"type":"api_error","message":"Service temporarily unavailable"}}""", "overloaded" },
        { """{"type":"error","error":{"type":"api_error","message":"Request size exceeds model context window"}}""", "context_overflow" },
        { """{"type":"error","error":{"type":"api_error","message":"messages.1.content.0.tool_use.id should match pattern"}}""", "format" },
        { """{"type":"error","error":{"type":"api_error","message":"insufficient credits"}}""", "billing" },
        { """{"type":"error","error":{"type":"api_error","message":"Payment required"}}""", "billing" },
        { """{"type":"error","error":{"type":"api_error","message":"invalid api key"}}""", "auth" },
        { """{"type":"error","error":{"type":"api_error","message":"unauthorized"}}""", "auth" },
        { """{"type":"error","error":{"type":"api_error","message":"permission_error"}}""", "auth" },
        { "permission_error: OAuth authentication is currently not allowed for this organization", "auth_permanent" },
        { "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.", "billing" },
        { "You're out of extra usage. Add more at claude.ai/settings/usage and keep going.", "billing" },
        { "Extra usage is required for long context requests.", "billing" },
        { "Third-party apps now draw from your extra usage, not your plan.", "billing" },
        { """{"type":"error","error":{"type":"invalid_request_error","message":"Extra usage is required for long context requests."}}""", "billing" },
        { "Anthropic refusal (category: bio): unsafe content", "refusal" },
        { "Anthropic refusal.", "refusal" },
        { "This model does not support assistant message prefill. The conversation must end with a user message.", "format" },
        { """{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.440: Invalid `signature` in `thinking` block"}}""", "format" },
        { "ValidationException: invalid signature on thinking block", "format" },
        { "messages.0.content.1.image.source: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels", "none" },
        { "image exceeds 5 MB maximum: 7000000 bytes > 5242880 bytes", "none" },
        { "prompt is too long: 208423 tokens > 200000 maximum", "context_overflow" },
        { "input length and max_tokens exceed context limit (i.e 156321 + 48384 > 200000)", "context_overflow" },
        { "request_too_large", "context_overflow" },
        { "Unhandled stop reason: model_context_window_exceeded", "context_overflow" },
        { "This model's maximum context length is 128000 tokens.", "context_overflow" },
        { "Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000. Please try again in 1.3s.", "rate_limit" },
        { "req-4291 was not found in the log", "none" },
        { "ResourceExhausted: Worker local total request limit reached (32/32)", "overloaded" },
        { """{"status":429,"title":"Too Many Requests"}""", "rate_limit" },
        { """{"type":"about:blank","title":"Not Found","status":404,"detail":"Function 'x': Not found for account"}""", "model_not_found" },
        { """{"error":"model 'x' not found"}""", "model_not_found" },
        { """{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}""", "overloaded" },
        { """{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}""", "rate_limit" },
        { """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}""", "auth" },
        { """{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}""", "billing" },
        { "upstream connect error or disconnect/reset before headers. reset reason: connection termination", "timeout" },
        { "no healthy upstream", "overloaded" },
    };

    [Theory]
    [MemberData(nameof(Transport))]
    [MemberData(nameof(Providers))]
    public void A_text_is_taken_for_what_it_is(string text, string reason) =>
        Assert.Equal(reason, Judge(new Failure { Message = text }).Reason.Word());

    [Theory]
    [MemberData(nameof(WithStatus))]
    public void A_status_decides_what_its_text_leaves_open(string text, int? status, string reason) =>
        Assert.Equal(reason, Judge(new Failure { Message = text, Status = status }).Reason.Word());

    [Theory]
    [InlineData("terminated", true, true)]
    [InlineData("Overloaded", true, true)]
    [InlineData("The socket connection was closed unexpectedly.", true, true)]
    [InlineData("Ollama API stream ended without a final response", true, true)]
    [InlineData("invalid api key", false, true)]
    [InlineData("prompt is too long: 2 tokens > 1 maximum", false, false)]
    [InlineData("tool_use.id: string should match pattern", false, false)]
    [InlineData("CERT_HAS_EXPIRED", false, false)]
    [InlineData("Your credit balance is too low", false, true)]
    [InlineData("You have reached your weekly usage limit", false, true)]
    [InlineData("image exceeds 5 MB maximum", false, false)]
    public void Asking_again_and_asking_another_are_different_questions(string text, bool retrySame, bool mayFallBack)
    {
        var verdict = Judge(new Failure { Message = text });

        Assert.Equal((retrySame, mayFallBack), (verdict.RetrySame, verdict.MayFallBack));
    }

    [Fact]
    public void Nothing_may_follow_what_a_client_left_or_has_seen()
    {
        var left = Judge(new Failure { Message = "request timed out", ClientAborted = true });
        var seen = Judge(new Failure { Message = "request timed out", SawOutput = true });

        Assert.Equal(("none", false, false), (left.Reason.Word(), left.RetrySame, left.MayFallBack));
        Assert.Equal(("timeout", false), (seen.Reason.Word(), seen.MayFallBack));
    }

    [Fact]
    public void A_cause_says_more_than_the_message_around_it()
    {
        var abort = Judge(new Failure { Message = "AbortError: aborted", Details = ["TimeoutError: request timed out"] });
        var wrapped = Judge(new Failure { Message = "request aborted", Code = "RESOURCE_EXHAUSTED", Status = 429 });
        var money = Judge(new Failure { Message = "rate limit", Details = ["insufficient credits"] });

        Assert.Equal(("timeout", "rate_limit", "billing"), (abort.Reason.Word(), wrapped.Reason.Word(), money.Reason.Word()));
    }

    private static Classification Judge(Failure failure) => ErrorClassifier.Default.Classify(failure);
}
