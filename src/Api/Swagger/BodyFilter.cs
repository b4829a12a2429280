using System.Reflection;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents request bodies by the <c>Consumes*</c> attributes of the actions.</summary>
internal sealed class BodyFilter : IOperationFilter
{
    private const string VersionSchema = "VersionDefinition";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var content = new Dictionary<string, IOpenApiMediaType>();
        var json = context.MethodInfo.GetCustomAttribute<ConsumesJsonAttribute>();
        if (context.MethodInfo.GetCustomAttribute<ConsumesFilesAttribute>() is { } files)
            AddFiles(content, files, json, context);
        if (
            json is not null
            && context.MethodInfo.GetCustomAttribute<ConsumesFilesAttribute>() is not { OnlyForm: true }
        )
        {
            AddJson(content, json, context);
        }

        if (context.MethodInfo.IsDefined(typeof(ConsumesBytesAttribute)))
        {
            content["application/octet-stream"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            };
        }

        if (content.Count == 0)
            return;

        // Swagger UI selects the first content type. For a photo it offers to choose a file.
        var first = context.MethodInfo.GetCustomAttribute<ConsumesFilesAttribute>() is { AlsoRaw: true }
            ? "image/jpeg"
            : "application/json";
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = content.OrderBy(pair => pair.Key != first).ToDictionary(pair => pair.Key, pair => pair.Value),
        };
    }

    private static void AddJson(
        Dictionary<string, IOpenApiMediaType> content,
        ConsumesJsonAttribute json,
        OperationFilterContext context
    ) =>
        content["application/json"] = new OpenApiMediaType
        {
            Schema = GetSchema(json, context),
            Examples = json.Names.ToDictionary(
                name => name,
                name => (IOpenApiExample)new OpenApiExample { Summary = name, Value = Examples.Get(name) }
            ),
        };

    private static IOpenApiSchema GetSchema(ConsumesJsonAttribute json, OperationFilterContext context)
    {
        var schema = context.SchemaGenerator.GenerateSchema(json.Body, context.SchemaRepository);
        if (!json.OfVersion)
            return schema;

        // The definition of a version has no name, and no property in it is required.
        if (
            !context.SchemaRepository.Schemas.ContainsKey(VersionSchema)
            && context.SchemaRepository.Schemas[json.Body.Name].CreateShallowCopy() is OpenApiSchema definition
        )
        {
            definition.Properties = definition
                .Properties!.Where(property => !definition.Required!.Contains(property.Key))
                .ToDictionary();
            definition.Required = null;
            definition.Description =
                "The properties of a new version that differ from the default version. All others are taken from it.";
            context.SchemaRepository.AddDefinition(VersionSchema, definition);
        }

        return new OpenApiSchemaReference(VersionSchema, context.Document);
    }

    private static void AddFiles(
        Dictionary<string, IOpenApiMediaType> content,
        ConsumesFilesAttribute files,
        ConsumesJsonAttribute? json,
        OperationFilterContext context
    )
    {
        IOpenApiSchema file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>(),
            Required = new HashSet<string>(),
        };
        var media = new OpenApiMediaType { Schema = form };
        if (json is { Names: [var example, ..] } && files.HasDefinition)
        {
            // Example is obsolete from OpenAPI 3.1 on. The document is 3.0, and Swagger UI fills in a form only from
            // it.
#pragma warning disable CS0618
            form.Properties["definition"] = new OpenApiSchema
            {
                AllOf = [GetSchema(json, context)],
                Example = Examples.Get(example),
            };
#pragma warning restore CS0618
            form.Properties[files.Field] = file;
            if (!json.OfVersion)
                form.Required.Add("definition");
            if (files.OnlyForm)
                form.Required.Add(files.Field);
            media.Encoding = new Dictionary<string, OpenApiEncoding>
            {
                ["definition"] = new() { ContentType = "application/json" },
            };
        }
        else
        {
            form.Properties[files.Field] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = file,
                MinItems = 1,
            };
            form.Required.Add(files.Field);
        }

        content["multipart/form-data"] = media;
        if (!files.AlsoRaw)
            return;
        foreach (
            var type in new[]
            {
                "image/jpeg",
                "image/png",
                "image/webp",
                "image/gif",
                "image/bmp",
                "image/tiff",
                "image/avif",
                "application/octet-stream",
            }
        )
        {
            content[type] = new OpenApiMediaType { Schema = file };
        }
    }
}
