using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Support;

/// <summary>The errors of each operation, as the OpenAPI document lists them.</summary>
internal static partial class DocumentedErrors
{
    private static readonly Lazy<List<Operation>> Operations = new(Read);

    /// <summary>Fails when the document does not list an answer's error for the operation that was called.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="uri">Its address; relative or absolute.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="text">The answer's body.</param>
    public static void Check(HttpMethod method, Uri uri, int status, string text)
    {
        // A URI needs a host to know its path.
        var path = new Uri(new Uri("http://any"), uri).AbsolutePath;
        var operation = Operations.Value.Find(item => item.Method == method && item.Path.IsMatch(path));
        if (status < 400 || operation is null)
            return;
        var error = $"{status} {JsonElement.Parse(text).GetProperty("code").GetString()}";
        Assert.True(
            operation.Errors.Contains(error),
            $"{method} {path} answered {error}, which docs/openapi.json does not list for it. If the answer is right, "
                + "add the code to [FailsWith] of the action."
        );
    }

    private static List<Operation> Read()
    {
        using var file = File.OpenRead(Repository.Path("docs", "openapi.json"));
        using var document = JsonDocument.Parse(file);
        return
        [
            .. from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select new Operation(new HttpMethod(operation.Name), PathOf(path.Name), ErrorsOf(operation.Value)),
        ];
    }

    // An escaped name can stand for another path, or for one that the web server refuses without a code.
    private static Regex PathOf(string template) =>
        new(
            "^"
                + template
                    .Replace("{version}", "[0-9]+", StringComparison.Ordinal)
                    .Replace("{name}", "[^/%]+", StringComparison.Ordinal)
                    .Replace("{evaluation}", "[^/%]+", StringComparison.Ordinal)
                    .Replace("{id}", "[^/%]+", StringComparison.Ordinal)
                + "$",
            RegexOptions.IgnoreCase
        );

    // A response's description has a paragraph for each error, which begins with its code.
    private static HashSet<string> ErrorsOf(JsonElement operation) =>
        [
            .. from response in operation.GetProperty("responses").EnumerateObject()
            from Match error in Code().Matches(response.Value.GetProperty("description").GetString()!)
            select $"{response.Name} {error.Groups["code"]}",
        ];

    [GeneratedRegex("^`(?<code>[a-z_]+)`:", RegexOptions.Multiline)]
    private static partial Regex Code();

    private sealed record Operation(HttpMethod Method, Regex Path, HashSet<string> Errors);
}
