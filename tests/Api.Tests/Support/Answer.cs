using System.Net.Http.Headers;
using System.Text.Json;

namespace ModelService.Api.Tests.Support;

/// <summary>What the server answered, read whole.</summary>
internal sealed record Answer(
    int Status,
    string? MediaType,
    string Text,
    Uri? Location,
    string? RetryAfter,
    ICollection<string> Allow,
    HttpResponseHeaders Headers
)
{
    /// <summary>The body as it came.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>A header of the answer; null when it isn't there.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>The body of a success.</summary>
    public JsonElement Ok(int status = 200)
    {
        Assert.True(Status == status, $"Not {status} but {Status}: {Text}");
        Assert.Equal("application/json", MediaType);
        return JsonElement.Parse(Text);
    }

    /// <summary>The only prediction of a success.</summary>
    public JsonElement Prediction() => Assert.Single(Ok().GetProperty("predictions").EnumerateArray());

    /// <summary>The body of an error, checked to be as every error must be.</summary>
    public JsonElement Problem(int status, string code)
    {
        Assert.True(Status == status, $"Not {status} but {Status}: {Text}");
        Assert.Equal("application/problem+json", MediaType);
        var body = JsonElement.Parse(Text);
        Assert.Equal("about:blank", body.GetProperty("type").GetString());
        Assert.Equal(status, body.GetProperty("status").GetInt32());
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.False(string.IsNullOrWhiteSpace(body.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(body.GetProperty("detail").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(body.GetProperty("trace_id").GetString()));
        Assert.All(Pointers(body), pointer => Assert.False(string.IsNullOrWhiteSpace(pointer.Detail)));

        // What is only the server's business.
        Assert.DoesNotContain("Exception", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        return body;
    }

    /// <summary>The body of an error that stands at these places, in any order.</summary>
    public JsonElement Problem(int status, string code, params string[] pointers)
    {
        var body = Problem(status, code);
        Assert.Equal(pointers.Order(), Pointers(body).Select(pointer => pointer.Pointer).Order());
        return body;
    }

    private static IEnumerable<(string Pointer, string Detail)> Pointers(JsonElement body) =>
        body.TryGetProperty("errors", out var errors)
            ? errors
                .EnumerateArray()
                .Select(error => (error.GetProperty("pointer").GetString()!, error.GetProperty("detail").GetString()!))
            : [];
}
