using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ModelService.Client;

namespace ModelService.Api.Tests.Client;

/// <summary>The client has what docs/openapi.json has: each operation, each parameter, each property.</summary>
public sealed class ClientContractTests
{
    private static readonly JsonElement Document = JsonElement.Parse(
        File.ReadAllBytes(Repository.Path("docs", "openapi.json"))
    );

    // Schemas that the client has as other types, or that are no more than C# of the server.
    private static readonly string[] Others =
    [
        "ErrorCode",
        "JsonNode",
        "JsonNodeOptions",
        "RawTensor",
        "SingleReadOnlyMemory",
        "SingleReadOnlySpan",
    ];

    private static readonly JsonSerializerContext Json = (JsonSerializerContext)
        Type("ModelServiceJson").GetProperty("Default")!.GetValue(null)!;

    public static TheoryData<string> Schemas =>
        [
            .. Document
                .GetProperty("components")
                .GetProperty("schemas")
                .EnumerateObject()
                .Select(schema => schema.Name)
                .Except(Others),
        ];

    [Fact]
    public async Task Methods_All_SendTheOperationsOfTheDocument()
    {
        var operations = Operations();
        using var http = new HttpClient(new Recorder()) { BaseAddress = new Uri("http://any/") };
        var client = new ModelServiceClient(http);
        var groups = client
            .GetType()
            .GetProperties()
            .Select(property => property.GetValue(client)!)
            .Prepend(client)
            .ToList();
        var found = new HashSet<string>();
        foreach (var group in groups)
        {
            foreach (
                var method in group
                    .GetType()
                    .GetMethods()
                    .Where(method => method.Name.EndsWith("Async", StringComparison.Ordinal))
            )
            {
                foreach (var isFull in new[] { true, false })
                {
                    var request = await RecordAsync(group, method, isFull);
                    var path = request.RequestUri!.AbsolutePath;
                    var operation = operations.SingleOrDefault(operation =>
                        operation.Method == request.Method.Method && operation.Path.IsMatch(path)
                    );
                    Assert.True(operation is not null, $"{method} sends {request.Method} {path}, which there is not.");
                    var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(request.RequestUri.Query);
                    Assert.Subset(operation.Parameters, query.Keys.ToHashSet());
                    if (isFull)
                        Assert.Subset(query.Keys.ToHashSet(), operation.Required);
                    found.Add(operation.Id);
                }
            }
        }

        Assert.Equal(operations.Select(operation => operation.Id).Order(), found.Order());
    }

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Schema_Properties_AreThoseOfTheDocument(string name)
    {
        var schema = Document.GetProperty("components").GetProperty("schemas").GetProperty(name);
        var type = Type(name);

        if (type.IsEnum)
        {
            Assert.Equal(
                schema.GetProperty("enum").EnumerateArray().Select(value => value.GetString()!),
                Enum.GetNames(type).Skip(1).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)
            );
            return;
        }

        var properties = Json.GetTypeInfo(type)!.Properties;
        Assert.Equal(
            schema.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(),
            properties.Select(property => property.Name).Order()
        );
        Assert.Subset(
            schema.TryGetProperty("required", out var required)
                ? required.EnumerateArray().Select(item => item.GetString()!).ToHashSet()
                : [],
            properties.Where(property => property.IsRequired).Select(property => property.Name).ToHashSet()
        );
    }

    private static Type Type(string name) =>
        typeof(ModelServiceClient).Assembly.GetType($"ModelService.Client.{name}")
        ?? throw new InvalidOperationException($"The client has no {name}.");

    private static List<Operation> Operations() =>
        [
            .. from path in Document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            let query = operation.Value.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(item => item.GetProperty("in").GetString() == "query").ToList()
                : []
            select new Operation(
                operation.Value.GetProperty("operationId").GetString()!,
                operation.Name.ToUpperInvariant(),
                new Regex(
                    "^"
                        + Regex
                            .Replace(path.Name, @"\{version\}", "[0-9]+")
                            .Replace("{", "(?<", StringComparison.Ordinal)
                            .Replace("}", ">[^/]+)", StringComparison.Ordinal)
                        + "$"
                ),
                query.Select(item => item.GetProperty("name").GetString()!).ToHashSet(),
                query
                    .Where(item => item.TryGetProperty("required", out var required) && required.GetBoolean())
                    .Select(item => item.GetProperty("name").GetString()!)
                    .ToHashSet()
            ),
        ];

    private static async Task<HttpRequestMessage> RecordAsync(object group, MethodInfo method, bool isFull)
    {
        var arguments = method
            .GetParameters()
            .Select(parameter =>
                !isFull && parameter.HasDefaultValue && parameter.ParameterType != typeof(CancellationToken)
                    ? parameter.DefaultValue
                    : Sample(parameter.ParameterType, isFull)
            )
            .ToArray();
        var recorded = await Assert.ThrowsAsync<RecordedException>(async () =>
        {
            var result = method.Invoke(group, arguments);
            if (result is IAsyncEnumerable<TrainingEvent> events)
                await events.GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync();
            else
                await (Task)result!;
        });
        return recorded.Request;
    }

    // Some value of a type. Of a body nothing is sent, so it may be empty; of options each is set.
    private static object? Sample(Type type, bool isFull)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return "any";
        if (type == typeof(CancellationToken))
            return TestContext.Current.CancellationToken;
        if (type == typeof(Upload))
            return Upload.FromBytes(new byte[3]);
        if (type == typeof(IReadOnlyCollection<Upload>))
            return new[] { Upload.FromBytes(new byte[3]) };
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch;
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(1);
        if (type == typeof(bool))
            return true;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(1);
        if (type.IsPrimitive)
            return Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture);
        if (!type.Name.EndsWith("Options", StringComparison.Ordinal))
            return typeof(IEnumerable).IsAssignableFrom(type) ? null : RuntimeHelpers.GetUninitializedObject(type);
        var options = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => isFull && property.CanWrite))
            property.SetValue(options, Sample(property.PropertyType, isFull));
        return options;
    }

    private sealed record Operation(
        string Id,
        string Method,
        Regex Path,
        HashSet<string> Parameters,
        HashSet<string> Required
    );

    private sealed class RecordedException(HttpRequestMessage request) : Exception
    {
        public HttpRequestMessage Request => request;
    }

    private sealed class Recorder : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => throw new RecordedException(request);
    }
}
