using System.Text;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Wire.Errors;

/// <summary>What an upstream's error says about itself, in every shape that providers and what stands before them are known to
/// use.</summary>
public sealed class ErrorPeekTests
{
    [Theory]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}""", "overloaded_error", "Overloaded")]
    [InlineData("""{"error":{"message":"Slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}""", "rate_limit_exceeded", "Slow down")]
    [InlineData("""{"error":{"message":"m","type":"server_error","param":null,"code":null}}""", "server_error", "m")]
    [InlineData("""{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE","details":[{"@type":"x","type":"y","message":"inner"}]}}""", "UNAVAILABLE", "The model is overloaded.")]
    [InlineData("""{"error":{"code":429,"message":"m","metadata":{"provider_name":"p"}}}""", "429", "m")]
    [InlineData("""{"error":{"message":"m","type":"BadRequestError","param":null,"code":400}}""", "BadRequestError", "m")]
    [InlineData("""{"type":"error","sequence_number":4,"code":"server_error","message":"m","param":null}""", "server_error", "m")]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"server_is_overloaded","message":"m"}}}""", "server_is_overloaded", "m")]
    [InlineData("""{"status":429,"title":"Too Many Requests"}""", "429", null)]
    [InlineData("""{"detail":"Not Found"}""", null, "Not Found")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"x","type":"missing"}]}""", "missing", null)]
    [InlineData("""{"error":"model 'x' not found"}""", null, null)]
    [InlineData("""{"statusCode":429,"message":"Rate limit is exceeded."}""", null, "Rate limit is exceeded.")]
    [InlineData("""{"error":{"type":"half_an_error","message":"m" """, "half_an_error", "m")]
    [InlineData("<html>", null, null)]
    [InlineData("", null, null)]
    [InlineData("[]", null, null)]
    public void Type_and_message_are_found_in_every_known_shape(string body, string? type, string? message) =>
        Assert.Equal((type, message), ErrorPeek.Read(Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("""{"error":{}}""", true)]
    [InlineData("""{"a":[{"error":1}],"error":"x"}""", true)]
    [InlineData("""{"a":{"error":1}}""", false)]
    [InlineData("""{"error":{}""", false)]
    [InlineData("""[{"error":1}]""", false)]
    [InlineData("", false)]
    public void An_error_object_is_a_whole_object_with_that_member(string body, bool has) =>
        Assert.Equal(has, ErrorPeek.HasErrorObject(Encoding.UTF8.GetBytes(body)));
}
