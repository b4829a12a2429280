using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using ModelService.Api.Swagger;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Swagger;

/// <summary>The OpenAPI document: complete, true, and the same as the one that is committed.</summary>
public sealed class OpenApiTests(ApiServer server)
{
    private const string PixelId = "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0";

    private static readonly string Committed = Repository.Path("docs", "openapi.json");

    // Ids of which no example can be there.
    private static readonly string[] DrawnIds = ["{evaluation}", "{training}", "{quantization}"];

    [Fact]
    public async Task Document_Changed_IsCommittedToo()
    {
        var document =
            (await server.Api.GetAsync("/swagger/v1/swagger.json")).Text.ReplaceLineEndings("\n").TrimEnd() + "\n";

        if (Environment.GetEnvironmentVariable("UPDATE_OPENAPI") == "1")
            await File.WriteAllTextAsync(Committed, document, TestContext.Current.CancellationToken);

        var committed = File.Exists(Committed)
            ? await File.ReadAllTextAsync(Committed, TestContext.Current.CancellationToken)
            : "";
        Assert.True(
            committed.ReplaceLineEndings("\n") == document,
            "The API's description is not the one in docs/openapi.json. When the change is meant, run the tests "
                + "with UPDATE_OPENAPI=1 and commit the file."
        );
    }

    [Fact]
    public async Task Operations_Each_SaysWhatItDoesAndWhatEachStatusMeans()
    {
        var operations = await OperationsAsync();

        Assert.NotEmpty(operations);
        Assert.All(
            operations,
            operation =>
            {
                Assert.False(
                    string.IsNullOrWhiteSpace(operation.Json.GetProperty("summary").GetString()),
                    operation.Name
                );
                Assert.NotEmpty(operation.Json.GetProperty("tags").Texts());
                Assert.All(
                    operation.Json.GetProperty("responses").EnumerateObject(),
                    response =>
                    {
                        if (response.Name == "default")
                            return;

                        // Without a comment of ours there would be just the status in words.
                        var description = response.Value.GetProperty("description").GetString();
                        Assert.False(string.IsNullOrWhiteSpace(description), $"{operation.Name} {response.Name}");
                        Assert.NotEqual(
                            ReasonPhrases.GetReasonPhrase(
                                int.Parse(response.Name, System.Globalization.CultureInfo.InvariantCulture)
                            ),
                            description
                        );
                    }
                );
            }
        );
    }

    [Fact]
    public async Task Operations_Errors_AreProblemsWhoseSchemaStandsOnce()
    {
        var operations = await OperationsAsync();

        Assert.All(
            operations,
            operation =>
            {
                var errors = operation
                    .Json.GetProperty("responses")
                    .EnumerateObject()
                    .Where(response => response.Name[0] is '4' or '5' || response.Name == "default")
                    .ToDictionary(
                        response => response.Name,
                        response => response.Value.GetProperty("content").GetProperty("application/problem+json")
                    );
                Assert.True(errors.Count > 1);
                Assert.Equal(
                    "default",
                    Assert.Single(errors, error => error.Value.TryGetProperty("schema", out _)).Key
                );
                Assert.Equal(
                    "#/components/schemas/ErrorResponse",
                    errors["default"].GetProperty("schema").GetProperty("$ref").GetString()
                );
            }
        );
    }

    [Fact]
    public async Task Operations_All_HaveNamesOfTheirOwnAndStandInTheOrderOfUse()
    {
        var operations = await OperationsAsync();
        var names = operations.Select(operation => operation.Json.GetProperty("operationId").GetString()!).ToList();

        Assert.All(names, name => Assert.Matches("^[a-z][A-Za-z]+$", name));
        Assert.Distinct(names);
        Assert.Equal(
            [
                "Models",
                "Predict",
                "Explanations",
                "Versions",
                "Weights",
                "Datasets",
                "DatasetImages",
                "Trainings",
                "Evaluations",
                "Quantization",
                "Architectures",
                "Layers",
                "Key",
                "Keys",
                "Audit",
                "Schemas",
            ],
            operations.Select(operation => operation.Json.GetProperty("tags")[0].GetString()).Distinct()
        );
        Assert.Equal("createModel", names[0]);
    }

    [Fact]
    public async Task Predict_Headers_AreParameters()
    {
        var predict = (await OperationsAsync()).Single(operation => operation.Template == "/v1/models/{name}/predict");

        Assert.Equal(
            ["X-Priority", "X-Client", "X-Request-Timeout-Ms"],
            predict
                .Json.GetProperty("parameters")
                .EnumerateArray()
                .Where(parameter => parameter.GetProperty("in").GetString() == "header")
                .Select(parameter => parameter.GetProperty("name").GetString())
        );
    }

    [Fact]
    public async Task Examples_Posted_WorkAsTheyStand()
    {
        await using var own = new ApiServer();
        await AddPixelAsync(own);

        // A training needs labelled images, a calibration more images than an example can hold, and a key a database.
        var examples = (await OperationsAsync())
            .Where(operation =>
                operation.Json.GetProperty("operationId").GetString()
                    is not ("startTraining" or "quantizeVersion" or "createKey")
            )
            .SelectMany(operation => operation.Examples.Select(body => (operation.Method, operation.Path, Body: body)))
            .OrderBy(example => example.Path.Count(letter => letter == '/'))
            .ThenBy(example => example.Path.EndsWith("/predict", StringComparison.Ordinal))
            .ToList();

        // Sends each example body to its path, with the parameters' example names; the models are created first.
        foreach (var (method, path, body) in examples)
        {
            var answer = await own.Api.SendAsync(new HttpMethod(method.ToUpperInvariant()), path, Bodies.Json(body));

            Assert.True(
                answer.Status is 200 or 201 or 202,
                $"{path} answers {answer.Status} to its own example {body}: {answer.Text}"
            );
        }

        Assert.Equal(
            [
                "/v1/architectures/analyze",
                "/v1/datasets",
                $"/v1/datasets/digits/images/{PixelId}",
                "/v1/models",
                "/v1/models/lesson",
                "/v1/models/lesson/explain",
                "/v1/models/lesson/features",
                "/v1/models/lesson/predict",
                "/v1/models/lesson/versions",
                "/v1/models/lesson/versions/1/evaluations",
                "/v1/models/lesson/versions/1/explain",
                "/v1/models/lesson/versions/1/features",
                "/v1/models/lesson/versions/1/predict",
            ],
            examples.Select(example => example.Path).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Examples_OfForms_WorkAsTheyStand()
    {
        await using var own = new ApiServer();
        var forms = (await OperationsAsync())
            .Where(operation => operation.FormExample is not null)
            .Where(operation => operation.Path != "/v1/architectures/features") // needs a photo, too
            .OrderBy(operation => operation.Path.Length)
            .ToList();

        Assert.Equal(["/v1/models", "/v1/models/lesson/versions"], forms.Select(form => form.Path));
        foreach (var form in forms)
        {
            using var body = new MultipartFormDataContent { { Bodies.Json(form.FormExample!), "definition" } };
            var answer = await own.Api.PostAsync(form.Path, body);
            Assert.True(answer.Status == 201, answer.Text);
        }
    }

    [Fact]
    public async Task Document_Throughout_SpeaksJsonNotCSharp() =>
        Assert.DoesNotContain(
            "ModelService.",
            (await server.Api.GetAsync("/swagger/v1/swagger.json")).Text,
            StringComparison.Ordinal
        );

    // What has a default may be left out, or a client made from the document sends more than it has to say.
    [Theory]
    [InlineData("ModelDefinition", "name")]
    [InlineData("VersionDefinition", "")]
    [InlineData("PreprocessingDefinition", "")]
    [InlineData("ArchitectureDefinition", "input,layers")]
    public async Task Schema_OfADefinition_RequiresWhatHasNoDefault(string schema, string required)
    {
        var definition = (await server.Api.GetAsync("/swagger/v1/swagger.json"))
            .Ok()
            .GetProperty("components")
            .GetProperty("schemas")
            .GetProperty(schema);

        Assert.Equal(
            required,
            string.Join(',', definition.TryGetProperty("required", out var names) ? names.Texts() : [])
        );
    }

    [Fact]
    public async Task Examples_OfPaths_AreThere()
    {
        await using var own = new ApiServer();
        await own.Api.CreateAsync(Networks.Lesson("lesson"));
        await AddPixelAsync(own);

        var paths = (await OperationsAsync())
            .Where(operation => operation.Method == "get")
            .Where(operation => operation.Path != "/v1/audit") // it needs a database
            .Where(operation => !DrawnIds.Any(id => operation.Template.Contains(id, StringComparison.Ordinal)))
            .Select(operation => operation.Path)
            .ToList();

        Assert.Contains("/v1/models/lesson", paths);
        foreach (var path in paths)
            Assert.True((await own.Api.GetAsync(path)).Status == 200, path);
    }

    [Fact]
    public async Task Page_IsServed()
    {
        var page = await server.Api.GetAsync("/swagger/index.html");

        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        Assert.Contains("Model Service", page.Text, StringComparison.Ordinal);
    }

    // The image of the examples.
    private static async Task AddPixelAsync(ApiServer server)
    {
        var pixel = JsonElement.Parse(Examples.Get(Examples.OnePixelImage).ToJsonString());
        var bytes = pixel.GetProperty("images")[0].GetBytesFromBase64();
        (await server.Api.PostAsync("/v1/datasets/digits/images?label=3", Bodies.Raw(bytes, "image/png"))).Ok(201);
    }

    private async Task<IReadOnlyList<Operation>> OperationsAsync()
    {
        var document = (await server.Api.GetAsync("/swagger/v1/swagger.json")).Ok();
        return
        [
            .. document
                .GetProperty("paths")
                .EnumerateObject()
                .SelectMany(path =>
                    path.Value.EnumerateObject().Select(method => new Operation(path.Name, method.Name, method.Value))
                ),
        ];
    }

    private sealed record Operation(string Template, string Method, JsonElement Json)
    {
        public string Name => $"{Method} {Template}";

        /// <summary>The path, with the parameters' examples in it.</summary>
        public string Path =>
            Parameters
                .Where(parameter => parameter.GetProperty("in").GetString() == "path")
                .Aggregate(
                    Template,
                    (path, parameter) =>
                        path.Replace(
                            $"{{{parameter.GetProperty("name")}}}",
                            parameter.GetProperty("example").ToString(),
                            StringComparison.Ordinal
                        )
                );

        /// <summary>The examples of its JSON body.</summary>
        public IEnumerable<string> Examples =>
            Json.TryGetProperty("requestBody", out var body)
            && body.GetProperty("content").TryGetProperty("application/json", out var media)
                ? media
                    .GetProperty("examples")
                    .EnumerateObject()
                    .Select(example => example.Value.GetProperty("value").GetRawText())
                : [];

        /// <summary>The example of its form's definition; null where there is none.</summary>
        public string? FormExample =>
            Json.TryGetProperty("requestBody", out var body)
            && body.GetProperty("content").TryGetProperty("multipart/form-data", out var media)
            && media.GetProperty("schema").GetProperty("properties").TryGetProperty("definition", out var definition)
                ? definition.GetProperty("example").GetRawText()
                : null;

        private IEnumerable<JsonElement> Parameters =>
            Json.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [];
    }
}
