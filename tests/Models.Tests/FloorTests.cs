using System.Text.RegularExpressions;
using ModelService.Models.Errors;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ModelService.Models.Tests;

/// <summary>
/// The engine's folders are floors: each uses only those below it (docs/architecture.md). Read from the compiled types:
/// their base types, members, signatures, attributes and method bodies.
/// </summary>
public sealed partial class FloorTests
{
    private const string Root = "ModelService.Models.";

    // From the ground up: a floor, and the floors that its types may use.
    private static readonly Dictionary<string, string[]> Floors = new()
    {
        ["Errors"] = [],
        ["Tensors"] = ["Errors"],
        ["Graph"] = ["Errors", "Tensors"],
        ["Language"] = ["Errors", "Tensors", "Graph"],
        ["Weights"] = ["Errors", "Tensors"],
        ["Scheduling"] = ["Errors"],
        ["Compilation"] = ["Errors", "Tensors", "Graph"],
        ["Backends"] = ["Errors", "Tensors", "Graph", "Language", "Weights", "Compilation"],
        ["Execution"] = ["Errors", "Tensors", "Graph", "Language", "Weights", "Scheduling", "Compilation", "Backends"],
        ["Storage"] = ["Errors", "Tensors", "Language", "Weights", "Scheduling"],
        ["Datasets"] = ["Errors", "Tensors", "Scheduling", "Storage"],
        ["Registry"] =
        [
            "Errors",
            "Tensors",
            "Graph",
            "Language",
            "Weights",
            "Scheduling",
            "Backends",
            "Execution",
            "Storage",
        ],
        ["Access"] = ["Errors", "Storage", "Registry"],
        ["Prediction"] =
        [
            "Errors",
            "Tensors",
            "Language",
            "Weights",
            "Scheduling",
            "Backends",
            "Execution",
            "Registry",
        ],
        ["Explanation"] =
        [
            "Errors",
            "Tensors",
            "Graph",
            "Language",
            "Weights",
            "Scheduling",
            "Backends",
            "Execution",
            "Registry",
        ],
        ["Runs"] = ["Errors", "Storage", "Registry"],
        ["Int8"] =
        [
            "Errors",
            "Tensors",
            "Graph",
            "Language",
            "Weights",
            "Scheduling",
            "Compilation",
            "Backends",
            "Execution",
            "Storage",
            "Datasets",
            "Registry",
            "Runs",
        ],
        ["Evaluation"] =
        [
            "Errors",
            "Tensors",
            "Language",
            "Weights",
            "Scheduling",
            "Execution",
            "Storage",
            "Datasets",
            "Registry",
        ],
        ["Training"] =
        [
            "Errors",
            "Tensors",
            "Graph",
            "Language",
            "Weights",
            "Scheduling",
            "Backends",
            "Execution",
            "Storage",
            "Datasets",
            "Registry",
            "Runs",
            "Evaluation",
        ],
    };

    // Arrows that point upwards today: from a type (or a floor) to a floor, and what will remove it.
    private static readonly (string From, string To, string Reason)[] Exceptions = [];

    [Fact]
    public void Types_OfEachFloor_UseOnlyFloorsBelow()
    {
        var arrows = Arrows();
        Assert.True(arrows.Count > 500, $"Only {arrows.Count} arrows were found: the walk misses types.");

        var wrong = arrows
            .Where(arrow => !Floors[FloorOf(arrow.From)].Contains(FloorOf(arrow.To)))
            .Where(arrow => !Exceptions.Any(exception => IsExcepted(exception, arrow)))
            .Select(arrow => $"{arrow.From} uses {arrow.To}")
            .Order()
            .ToList();

        Assert.True(wrong.Count == 0, string.Join('\n', wrong)); // Assert.Empty would show the first five
    }

    [Fact]
    public void Exceptions_AreAllNeededStill()
    {
        var arrows = Arrows();

        Assert.All(Exceptions, exception => Assert.Contains(arrows, arrow => IsExcepted(exception, arrow)));
    }

    [Fact]
    public void Folders_AreAllFloors()
    {
        var namespaces = Read().GetTypes().Where(IsOurs).Select(type => FloorOf(NameOf(type))).Distinct();

        Assert.Equal(Floors.Keys.Order(), namespaces.Order());
    }

    [Fact]
    public void Page_Table_HasTheSameFloors()
    {
        var rows = Row().Matches(File.ReadAllText(Repository.Path("docs", "architecture.md")));

        Assert.Equal(
            Floors.Select(floor => $"{floor.Key}: {string.Join(", ", floor.Value)}").Reverse(),
            rows.Select(row =>
                $"{row.Groups[1].Value}: {row.Groups[2].Value.Replace("`", "", StringComparison.Ordinal)}"
            )
        );
    }

    private static bool IsExcepted((string From, string To, string Reason) exception, (string From, string To) arrow) =>
        (exception.From == arrow.From || exception.From == FloorOf(arrow.From))
        && (exception.To == arrow.To || exception.To == FloorOf(arrow.To));

    private static HashSet<(string From, string To)> Arrows() =>
        [
            .. Read()
                .GetTypes()
                .Where(IsOurs)
                .SelectMany(type =>
                    Used(type)
                        .SelectMany(Parts)
                        .Where(used => used.Scope is ModuleDefinition && IsOurs(used))
                        .Select(used => (NameOf(type), NameOf(used)))
                )
                .Where(arrow => FloorOf(arrow.Item1) != FloorOf(arrow.Item2)),
        ];

    private static ModuleDefinition Read() => ModuleDefinition.ReadModule(typeof(ErrorCode).Assembly.Location);

    // Other namespaces: those of compilers and generators, and that of the extension that puts the engine together.
    private static bool IsOurs(TypeReference type) =>
        Outermost(type).Namespace.StartsWith(Root, StringComparison.Ordinal);

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } declaring)
            type = declaring;
        return type;
    }

    private static string NameOf(TypeReference type) => Outermost(type).FullName[Root.Length..];

    private static string FloorOf(string name) => name.Split('.')[0];

    private static IEnumerable<TypeReference?> Used(TypeDefinition type) =>
        [
            type.BaseType,
            .. type.Interfaces.Select(item => item.InterfaceType),
            .. Attributes(type),
            .. Constraints(type),
            .. type.Fields.SelectMany(field => (TypeReference?[])[field.FieldType, .. Attributes(field)]),
            .. type.Properties.SelectMany(property =>
                (TypeReference?[])[property.PropertyType, .. Attributes(property)]
            ),
            .. type.Events.Select(item => item.EventType),
            .. type.Methods.SelectMany(Used),
        ];

    private static IEnumerable<TypeReference?> Used(MethodDefinition method) =>
        [
            .. Signature(method),
            .. Attributes(method),
            .. Constraints(method),
            .. method.Parameters.SelectMany(Attributes),
            .. !method.HasBody
                ? []
                : (IEnumerable<TypeReference?>)
                    [
                        .. method.Body.Variables.Select(variable => variable.VariableType),
                        .. method.Body.ExceptionHandlers.Select(handler => handler.CatchType),
                        .. method.Body.Instructions.SelectMany(Used),
                    ],
        ];

    private static IEnumerable<TypeReference?> Used(Instruction instruction) =>
        instruction.Operand switch
        {
            TypeReference type => [type],
            FieldReference field => [field.DeclaringType, field.FieldType],
            MethodReference method => Signature(method),
            _ => [],
        };

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
        [
            method.DeclaringType,
            method.ReturnType,
            .. method.Parameters.Select(parameter => parameter.ParameterType),
            .. (method as GenericInstanceMethod)?.GenericArguments ?? [],
        ];

    private static IEnumerable<TypeReference?> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(item => item.ConstraintType));

    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider provider) =>
        provider.CustomAttributes.SelectMany(attribute =>
            (TypeReference?[])
                [
                    attribute.AttributeType,
                    .. attribute.ConstructorArguments.Select(argument => argument.Value as TypeReference),
                ]
        );

    // A list of pairs of A and B is made of the list, the pair, A and B.
    private static IEnumerable<TypeReference> Parts(TypeReference? type) =>
        type switch
        {
            null => [],
            GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
            RequiredModifierType modified => [.. Parts(modified.ModifierType), .. Parts(modified.ElementType)],
            TypeSpecification specification => Parts(specification.ElementType),
            _ => [type],
        };

    // A row of the page's table: the floor, its content, the floors that it may use.
    [GeneratedRegex(@"^\| \[(\w+)\]\(\.\./src/Models/\w+/README\.md\) \|[^|]*\| (.*?) ?\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
