using System.Reflection;
using Microsoft.OpenApi;
using ModelService.Models.Definitions;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents the bodies that actions read by themselves, as their attributes say.</summary>
internal sealed class BodyFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var content = new Dictionary<string, IOpenApiMediaType>();
        if (context.MethodInfo.GetCustomAttribute<TakesFilesAttribute>() is { } files) AddFiles(content, files, context);
        if (context.MethodInfo.GetCustomAttribute<TakesJsonAttribute>() is { } json) AddJson(content, json, context);
        if (context.MethodInfo.IsDefined(typeof(TakesBytesAttribute)))
            content["application/octet-stream"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        if (content.Count == 0) return;

        // What "Try it out" begins with: JSON where a model is described, a file where a photo is scored.
        var first = context.MethodInfo.Name.StartsWith("Predict", StringComparison.Ordinal) ? "multipart/form-data" : "application/json";
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = content.OrderBy(pair => pair.Key != first).ToDictionary(pair => pair.Key, pair => pair.Value),
        };
    }

    private static void AddJson(Dictionary<string, IOpenApiMediaType> content, TakesJsonAttribute json, OperationFilterContext context) =>
        content["application/json"] = new OpenApiMediaType
        {
            Schema = context.SchemaGenerator.GenerateSchema(json.Body, context.SchemaRepository),
            Examples = json.Names.ToDictionary(name => name, name => (IOpenApiExample)new OpenApiExample { Summary = name, Value = Examples.Of(name) }),
        };

    private static void AddFiles(Dictionary<string, IOpenApiMediaType> content, TakesFilesAttribute files, OperationFilterContext context)
    {
        IOpenApiSchema file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        var form = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>(), Required = new HashSet<string>() };
        var media = new OpenApiMediaType { Schema = form };
        if (files.HasDefinition)
        {
            form.Properties["definition"] = context.SchemaGenerator.GenerateSchema(typeof(ModelDefinition), context.SchemaRepository);
            form.Properties[files.Field] = file;
            form.Required.Add("definition");
            media.Encoding = new Dictionary<string, OpenApiEncoding> { ["definition"] = new() { ContentType = "application/json" } };
        }
        else
        {
            form.Properties[files.Field] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = file, MinItems = 1 };
            form.Required.Add(files.Field);
        }

        content["multipart/form-data"] = media;
        if (!files.AlsoRaw) return;
        foreach (var type in new[] { "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff", "application/octet-stream" })
            content[type] = new OpenApiMediaType { Schema = file };
    }
}
