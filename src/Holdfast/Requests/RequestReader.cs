using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Connections;
using Holdfast.Vigils;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Protocols;
using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Requests;

/// <summary>Reads requests: the body once, and the few facts that are peeked out of it. Refuses only what no upstream could serve,
/// and what is denied.</summary>
internal sealed class RequestReader(TimeProvider time)
{
    /// <summary>Reads the body and what stands in it. Null, or why the request is refused; never throws for what a
    /// client sends.</summary>
    public async ValueTask<GatewayError?> ReadAsync(ClientRequest request, DenyOptions deny, LimitOptions limits)
    {
        var http = request.Http;
        if (deny.Headers.Count > 0 && deny.Headers.FirstOrDefault(http.Headers.ContainsKey) is { } header)
        {
            return Denied("header", header);
        }

        if (!request.HasBody)
        {
            return Peek(request, deny);
        }

        if (request.Path.Operation == WireOperation.Generate && !IsJson(http.ContentType))
        {
            return new(ErrorCodes.UnsupportedContentType, "The content type must be application/json.");
        }

        if (http.ContentLength > limits.RequestBody)
        {
            return TooLarge(limits.RequestBody);
        }

        try
        {
            return await ReadBodyAsync(request, http.BodyReader, limits) ?? Peek(request, deny);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(limits.RequestBody);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Bad framing, or the connection's end. Nobody may have asked for the token before: only then is it right now.
            request.ClientLeft = e is OperationCanceledException or ConnectionResetException
                || http.HttpContext.RequestAborted.IsCancellationRequested
                || ConnectionState.Of(http.HttpContext)?.IsLost(unanswered: 3) == true;
            return request.ClientLeft ? null : new(ErrorCodes.BodyIncomplete, "The request body is badly framed.");
        }
    }

    private async ValueTask<GatewayError?> ReadBodyAsync(ClientRequest request, PipeReader reader, LimitOptions limits)
    {
        // A body that only comes slowly may; one that stops must not hold the exchange for ever. Most are here at once.
        SilenceClock? silence = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync();
                if (!reading.IsCompleted)
                {
                    silence ??= new SilenceClock(time, reader.CancelPendingRead);
                    silence.Start(limits.RequestHeadersTimeout);
                }

                var read = await reading;
                request.Memory.Append(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (request.Body.Length > limits.RequestBody)
                {
                    return TooLarge(limits.RequestBody);
                }

                if (read.IsCompleted)
                {
                    return null;
                }

                if (read.IsCanceled && silence is { IsDue: true })
                {
                    return new(ErrorCodes.BodyIncomplete, string.Create(CultureInfo.InvariantCulture,
                        $"Nothing of the request body came for {limits.RequestHeadersTimeout.TotalSeconds:0.###} s."));
                }
            }
        }
        finally
        {
            silence?.Dispose();
        }
    }

    private static GatewayError? Peek(ClientRequest request, DenyOptions deny)
    {
        var http = request.Http;
        var isCompressed = http.Headers.ContentEncoding is [{ } encoding, ..] && encoding != "identity";
        if (isCompressed && request.HasBody && deny.Fields.Count > 0 && IsJson(http.ContentType))
        {
            return new(ErrorCodes.UnsupportedContentType,
                "A compressed body cannot be checked for denied fields (deny.fields): send it uncompressed.");
        }

        if (request.Path.Operation != WireOperation.Generate || !HttpMethods.IsPost(http.Method))
        {
            request.WantsStream |= AcceptsEvents(http) && HttpMethods.IsGet(http.Method);

            // Token counts and the like name their model as well, and its route needs it; what is not JSON has none.
            var isJson = request.HasBody && !isCompressed && IsJson(http.ContentType);
            var other = isJson ? RequestPeek.Read(request.Body, deny.Fields) : default;
            NoteModel(request, other);
            return other.Denied is { } name ? Denied("field", name) : null;
        }

        if (isCompressed)
        {
            // A compressed body passes as it is; whether it asks for a stream shows in the answer.
            request.WantsStream |= AcceptsEvents(http);
            return null;
        }

        var peek = RequestPeek.Read(request.Body, deny.Fields);
        if (peek.Error is { } broken)
        {
            return new(ErrorCodes.BadJson, broken);
        }

        if (peek.Denied is { } field)
        {
            return Denied("field", field);
        }

        NoteModel(request, peek);
        request.WantsStream |= peek.Stream && request.Path.ModelInPath is null;
        return string.IsNullOrEmpty(request.Model)
            ? new(ErrorCodes.ModelMissing, "The request must name a model in its top-level field \"model\".")
            : null;
    }

    private static void NoteModel(ClientRequest request, in RequestPeek peek)
    {
        if (request.Model is null)
        {
            (request.Model, request.ModelAt) = (peek.Model, peek.ModelAt);
        }
    }

    private static bool AcceptsEvents(HttpRequest http) =>
        http.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase)
        || http.Query.TryGetValue("stream", out var stream) && stream == "true";

    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || contentType == "application/json"
        || MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    private static GatewayError Denied(string what, string name) =>
        new(ErrorCodes.Denied, $"The {what} \"{name}\" is denied by this gateway's configuration (deny.{what}s).");

    private static GatewayError TooLarge(long limit) =>
        new(ErrorCodes.BodyTooLarge, $"The request body is larger than {limit} bytes (limits.requestBody).");
}
