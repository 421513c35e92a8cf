//! Writes a message definition as Rust: a struct, its decoder, its encoder and a sample for tests; pure.
//!
//! Invariant: a field's code depends on the version exactly as far as its ranges differ from those of its structure.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::schema::{Field, Message, SchemaError, Struct, Type, Versions};

/// How the name of every field ends that holds one.
const ERROR_CODE: &str = "ErrorCode";

/// One message and the Rust names of its structures.
pub struct Emitter<'a> {
    message: &'a Message,
    rust_names: HashMap<String, String>,
}

impl<'a> Emitter<'a> {
    /// Structures in `clashing` get `prefix` before their name, because another message of the module has the name too.
    pub fn new(message: &'a Message, clashing: &BTreeSet<String>, prefix: &str) -> Self {
        let rust_names = message
            .structs
            .iter()
            .map(|structure| {
                let name = &structure.name;
                let rust_name = match clashing.contains(name) {
                    true => format!("{prefix}{name}"),
                    false => name.clone(),
                };
                (name.clone(), rust_name)
            })
            .collect();
        Self {
            message,
            rust_names,
        }
    }

    /// All structures of the message, the message itself first.
    pub fn emit(&self) -> Result<String, SchemaError> {
        let mut code = String::new();
        for (index, structure) in self.message.structs.iter().enumerate() {
            self.emit_definition(structure, index == 0, &mut code)?;
            self.emit_default(structure, &mut code)?;
            self.emit_codec(structure, index == 0, &mut code)?;
            self.emit_sample(structure, &mut code)?;
        }
        Ok(code)
    }

    fn emit_definition(
        &self,
        structure: &Struct,
        is_message: bool,
        code: &mut String,
    ) -> Result<(), SchemaError> {
        let name = &self.rust_names[&structure.name];
        let own = self.message.versions;
        if is_message {
            writeln!(code, "/// {}", versions_phrase(&self.message.name, own))?;
        } else if structure.versions == own {
            writeln!(code, "/// Part of [`{}`].", self.message.name)?;
        } else {
            let part = format!("Part of [`{}`]", self.message.name);
            writeln!(code, "/// {}", versions_phrase(&part, structure.versions))?;
        }
        let default = match structure
            .fields
            .iter()
            .all(|field| self.has_rust_default(field))
        {
            true => ", Default",
            false => "",
        };
        writeln!(code, "#[derive(Debug, Clone, PartialEq{default})]")?;
        writeln!(code, "pub struct {name} {{")?;
        for field in &structure.fields {
            if field.versions != structure.versions {
                writeln!(code, "/// {}", versions_phrase("Field", field.versions))?;
            }
            writeln!(code, "pub {}: {},", member(field), self.member_type(field))?;
        }
        writeln!(code, "}}\n")?;
        Ok(())
    }

    fn emit_default(&self, structure: &Struct, code: &mut String) -> Result<(), SchemaError> {
        if structure
            .fields
            .iter()
            .all(|field| self.has_rust_default(field))
        {
            return Ok(());
        }
        let name = &self.rust_names[&structure.name];
        writeln!(
            code,
            "impl Default for {name} {{ fn default() -> Self {{ Self {{"
        )?;
        for field in &structure.fields {
            writeln!(code, "{}: {},", member(field), self.default_value(field)?)?;
        }
        writeln!(code, "}} }} }}\n")?;
        Ok(())
    }

    fn emit_codec(
        &self,
        structure: &Struct,
        is_message: bool,
        code: &mut String,
    ) -> Result<(), SchemaError> {
        let name = &self.rust_names[&structure.name];
        let (decode, encode) = (self.decode_body(structure)?, self.encode_body(structure)?);
        if !is_message {
            writeln!(code, "impl {name} {{")?;
            let version = version_parameter(&decode);
            writeln!(
                code,
                "pub(crate) fn decode(reader: &mut Reader, {version}: i16) -> Result<Self, DecodeError> {{ {decode} }}\n"
            )?;
            let version = version_parameter(&encode);
            writeln!(
                code,
                "pub(crate) fn encode(&self, writer: &mut Writer, {version}: i16) -> Result<(), EncodeError> {{ {encode} }}\n"
            )?;
            if self.is_element(&structure.name) {
                self.emit_size_min(structure, code)?;
            }
            self.emit_error_codes(structure, code)?;
            writeln!(code, "}}\n")?;
            return Ok(());
        }
        let Versions { low, high } = self.message.versions;
        writeln!(code, "impl Message for {name} {{")?;
        writeln!(code, "const NAME: &'static str = \"{name}\";")?;
        writeln!(code, "const MIN_VERSION: i16 = {low};")?;
        writeln!(code, "const MAX_VERSION: i16 = {high};\n")?;
        let reader = match mentions(&decode, "reader") {
            true => "reader",
            false => "_reader",
        };
        writeln!(
            code,
            "fn decode({reader}: &mut Reader, version: i16) -> Result<Self, DecodeError> {{ check_decode_version::<Self>(version)?; {decode} }}\n"
        )?;
        let writer = match mentions(&encode, "writer") {
            true => "writer",
            false => "_writer",
        };
        writeln!(
            code,
            "fn encode(&self, {writer}: &mut Writer, version: i16) -> Result<(), EncodeError> {{ check_encode_version::<Self>(version)?; {encode} }}"
        )?;
        self.emit_error_codes(structure, code)?;
        writeln!(code, "}}\n")?;
        Ok(())
    }

    /// The walk over all error codes of a response, where it has any.
    fn emit_error_codes(&self, structure: &Struct, code: &mut String) -> Result<(), SchemaError> {
        if !self.message.name.ends_with("Response") || !self.has_error_codes(structure) {
            return Ok(());
        }
        let is_message = structure.name == self.message.name;
        let public = if is_message { "" } else { "pub(crate) " };
        writeln!(
            code,
            "\n{public}fn error_codes(&self, visit: &mut dyn FnMut(i16)) {{"
        )?;
        for field in &structure.fields {
            let place = format!("self.{}", member(field));
            match &field.kind {
                Type::Int16 if field.name.ends_with(ERROR_CODE) => {
                    writeln!(code, "visit({place});")?
                }
                kind if !self.leads_to_error_codes(kind) => {}
                Type::Array(_) => {
                    let walk = "|value| value.error_codes(visit)";
                    match is_option(field) {
                        true => writeln!(code, "{place}.iter().flatten().for_each({walk});")?,
                        false => writeln!(code, "{place}.iter().for_each({walk});")?,
                    }
                }
                _ => match is_option(field) {
                    true => writeln!(
                        code,
                        "if let Some(value) = &{place} {{ value.error_codes(visit); }}"
                    )?,
                    false => writeln!(code, "{place}.error_codes(visit);")?,
                },
            }
        }
        writeln!(code, "}}")?;
        Ok(())
    }

    fn has_error_codes(&self, structure: &Struct) -> bool {
        structure.fields.iter().any(|field| {
            (field.name.ends_with(ERROR_CODE) && field.kind == Type::Int16)
                || self.leads_to_error_codes(&field.kind)
        })
    }

    fn leads_to_error_codes(&self, kind: &Type) -> bool {
        let name = match kind {
            Type::Struct(name) => name,
            Type::Array(element) => return self.leads_to_error_codes(element),
            _ => return false,
        };
        let mut structs = self.message.structs.iter();
        structs
            .find(|structure| structure.name == *name)
            .is_some_and(|structure| self.has_error_codes(structure))
    }

    fn decode_body(&self, structure: &Struct) -> Result<String, SchemaError> {
        let mut code = self.flexible_statement(structure);
        if structure.fields.is_empty() {
            code.push_str(&self.when_flexible(
                structure,
                &format!("reader.skip_tagged_fields(\"{}\")?;", structure.name),
            ));
            code.push_str("Ok(Self {})");
            return Ok(code);
        }
        code.push_str("let mut value = Self::default();\n");
        for field in structure.fields.iter().filter(|field| field.tag.is_none()) {
            let read = self.read_member(structure, field)?;
            let statement = format!("value.{} = {read};", member(field));
            code.push_str(&guarded(field.versions, structure.versions, &statement));
        }
        code.push_str(&self.when_flexible(structure, &self.decode_tagged(structure)?));
        code.push_str("Ok(value)");
        Ok(code)
    }

    fn decode_tagged(&self, structure: &Struct) -> Result<String, SchemaError> {
        let what = &structure.name;
        let tagged = tagged_fields(structure);
        if tagged.is_empty() {
            return Ok(format!("reader.skip_tagged_fields(\"{what}\")?;"));
        }
        let mut arms = String::new();
        for (tag, field) in tagged {
            let flexible = self.flexible_range(structure).unwrap_or(field.versions);
            let guard = match inside(field.versions, flexible) {
                Some(condition) => format!(" if {condition}"),
                None => String::new(),
            };
            let read = self.read_member(structure, field)?;
            writeln!(arms, "{tag}{guard} => value.{} = {read},", member(field))?;
        }
        Ok(format!(
            "reader.read_tagged_fields(\"{what}\", |tag, reader| {{ match tag {{ {arms} _ => return Ok(false), }} Ok(true) }})?;"
        ))
    }

    /// An expression of the member's type that reads it, in a version that has it.
    fn read_member(&self, structure: &Struct, field: &Field) -> Result<String, SchemaError> {
        let what = what(structure, field);
        let flexible = self.flexible_word(structure, field);
        if !is_option(field) {
            return Ok(format!(
                "{}?",
                self.read_value(&field.kind, flexible, &what)
            ));
        }
        let nullable = match &field.kind {
            Type::String => format!("reader.read_nullable_string({flexible}, {what})?"),
            Type::Bytes | Type::Records => {
                format!("reader.read_nullable_bytes({flexible}, {what})?")
            }
            Type::Array(element) => format!(
                "reader.read_nullable_array({flexible}, {}, {what}, |reader| {})?",
                self.element_size_min(element, flexible),
                self.read_value(element, flexible, &what)
            ),
            Type::Struct(_) => format!(
                "if reader.{}({what})? {{ Some({}?) }} else {{ None }}",
                match field.tag {
                    Some(_) => "read_tagged_presence",
                    None => "read_presence",
                },
                self.read_value(&field.kind, flexible, &what)
            ),
            other => return Err(format!("{what}: {other:?} cannot be null").into()),
        };
        match field
            .nullable
            .and_then(|range| inside(range, field.versions))
        {
            None => Ok(nullable),
            Some(condition) => Ok(format!(
                "if {condition} {{ {nullable} }} else {{ Some({}?) }}",
                self.read_value(&field.kind, flexible, &what)
            )),
        }
    }

    /// An expression that reads a value which is not null, as a `Result`.
    fn read_value(&self, kind: &Type, flexible: &str, what: &str) -> String {
        match kind {
            Type::String => format!("reader.read_string({flexible}, {what})"),
            Type::Bytes | Type::Records => format!("reader.read_bytes({flexible}, {what})"),
            Type::Struct(name) => format!("{}::decode(reader, version)", self.rust_names[name]),
            Type::Array(element) => format!(
                "reader.read_array({flexible}, {}, {what}, |reader| {})",
                self.element_size_min(element, flexible),
                self.read_value(element, flexible, what)
            ),
            primitive => format!(
                "reader.read_{}({what})",
                self.type_name(primitive).to_lowercase()
            ),
        }
    }

    fn encode_body(&self, structure: &Struct) -> Result<String, SchemaError> {
        let mut code = self.flexible_statement(structure);
        for field in structure.fields.iter().filter(|field| field.tag.is_none()) {
            let write = self.write_member(structure, field)?;
            code.push_str(&guarded(field.versions, structure.versions, &write));
        }
        for field in &structure.fields {
            code.push_str(&self.refuse_outside_versions(structure, field)?);
        }
        code.push_str(&self.when_flexible(structure, &self.encode_tagged(structure)?));
        code.push_str("Ok(())");
        Ok(code)
    }

    /// A field that the version lacks may only be set when Kafka's definition calls it ignorable.
    fn refuse_outside_versions(
        &self,
        structure: &Struct,
        field: &Field,
    ) -> Result<String, SchemaError> {
        let Some(outside) = outside(field.versions, structure.versions) else {
            return Ok(String::new());
        };
        if field.ignorable {
            return Ok(String::new());
        }
        Ok(format!(
            "if {outside} && {} {{ return Err(EncodeError::FieldNotInVersion {{ what: {}, version }}); }}\n",
            self.differs_from_default(field)?,
            what(structure, field)
        ))
    }

    fn encode_tagged(&self, structure: &Struct) -> Result<String, SchemaError> {
        let tagged = tagged_fields(structure);
        if tagged.is_empty() {
            return Ok("writer.write_varint(0);".to_owned());
        }
        let (mut flags, mut writes, mut sum) = (String::new(), String::new(), Vec::new());
        for (tag, field) in tagged {
            let flag = format!("has_{}", snake_case(&field.name));
            let flexible = self.flexible_range(structure).unwrap_or(field.versions);
            let differs = self.differs_from_default(field)?;
            let condition = match inside(field.versions, flexible) {
                Some(condition) => format!("{condition} && {differs}"),
                None => differs,
            };
            writeln!(flags, "let {flag} = {condition};")?;
            sum.push(format!("u32::from({flag})"));
            writeln!(
                writes,
                "if {flag} {{ writer.write_tagged_field({tag}, {}, |writer| {{ {} Ok(()) }})?; }}",
                what(structure, field),
                self.write_member(structure, field)?
            )?;
        }
        Ok(format!(
            "{flags} writer.write_varint({});\n{writes}",
            sum.join(" + ")
        ))
    }

    /// Statements that write the member, in a version that has it.
    fn write_member(&self, structure: &Struct, field: &Field) -> Result<String, SchemaError> {
        let what = what(structure, field);
        let flexible = self.flexible_word(structure, field);
        let place = format!("self.{}", member(field));
        if !is_option(field) {
            return Ok(match &field.kind {
                Type::String => format!("writer.write_string({flexible}, &{place}, {what})?;"),
                Type::Bytes => format!("writer.write_bytes({flexible}, &{place}, {what})?;"),
                Type::Records => {
                    format!("writer.write_records({flexible}, Some(&{place}), {what})?;")
                }
                Type::Struct(_) => format!("{place}.encode(writer, version)?;"),
                Type::Array(element) => format!(
                    "writer.write_array({flexible}, &{place}, {what}, {})?;",
                    self.write_element(element, flexible, &what)
                ),
                primitive => format!(
                    "writer.write_{}({place});",
                    self.type_name(primitive).to_lowercase()
                ),
            });
        }
        let refusal = match field.nullable {
            None => Some("true".to_owned()),
            Some(range) => outside(range, field.versions),
        };
        let refusal = match refusal {
            None => String::new(),
            Some(outside) => format!(
                "if {outside} && {place}.is_none() {{ return Err(EncodeError::UnexpectedNull {{ what: {what}, version }}); }}\n"
            ),
        };
        let write = match &field.kind {
            Type::String => {
                format!("writer.write_nullable_string({flexible}, {place}.as_deref(), {what})?;")
            }
            Type::Bytes => {
                format!("writer.write_nullable_bytes({flexible}, {place}.as_deref(), {what})?;")
            }
            Type::Records => {
                format!("writer.write_records({flexible}, {place}.as_deref(), {what})?;")
            }
            Type::Array(element) => format!(
                "writer.write_nullable_array({flexible}, {place}.as_deref(), {what}, {})?;",
                self.write_element(element, flexible, &what)
            ),
            Type::Struct(_) => format!(
                "writer.{}({place}.is_some());\nif let Some(value) = &{place} {{ value.encode(writer, version)?; }}",
                match field.tag {
                    Some(_) => "write_tagged_presence",
                    None => "write_presence",
                }
            ),
            other => return Err(format!("{what}: {other:?} cannot be null").into()),
        };
        Ok(refusal + &write)
    }

    /// A closure that writes one element of an array.
    fn write_element(&self, kind: &Type, flexible: &str, what: &str) -> String {
        match kind {
            Type::String => {
                format!("|writer, value| writer.write_string({flexible}, value, {what})")
            }
            Type::Bytes | Type::Records => {
                format!("|writer, value| writer.write_bytes({flexible}, value, {what})")
            }
            Type::Struct(_) => "|writer, value| value.encode(writer, version)".to_owned(),
            Type::Array(element) => format!(
                "|writer, value| writer.write_array({flexible}, value, {what}, {})",
                self.write_element(element, flexible, what)
            ),
            primitive => format!(
                "|writer, value| {{ writer.write_{}(*value); Ok(()) }}",
                self.type_name(primitive).to_lowercase()
            ),
        }
    }

    fn emit_size_min(&self, structure: &Struct, code: &mut String) -> Result<(), SchemaError> {
        let mut runs: Vec<(i16, usize)> = Vec::new();
        for version in structure.versions.iter() {
            let size = self.struct_size_min(structure, version);
            match runs.last_mut() {
                Some((last, run)) if *run == size => *last = version,
                _ => runs.push((version, size)),
            }
        }
        let last = runs.pop().map_or(1, |(_, size)| size);
        let version = match runs.is_empty() {
            true => "_version",
            false => "version",
        };
        writeln!(code, "/// The fewest bytes that one takes on the wire.")?;
        writeln!(
            code,
            "pub(crate) fn encoded_bytes_min({version}: i16) -> usize {{"
        )?;
        if runs.is_empty() {
            writeln!(code, "{last} }}")?;
            return Ok(());
        }
        writeln!(code, "match version {{")?;
        let mut low = None;
        for (high, size) in runs {
            match low {
                None => writeln!(code, "..={high} => {size},")?,
                Some(low) if low == high => writeln!(code, "{low} => {size},")?,
                Some(low) => writeln!(code, "{low}..={high} => {size},")?,
            }
            low = Some(high + 1);
        }
        writeln!(code, "_ => {last}, }} }}")?;
        Ok(())
    }

    fn struct_size_min(&self, structure: &Struct, version: i16) -> usize {
        let flexible = self.is_flexible(version);
        let fields: usize = structure
            .fields
            .iter()
            .filter(|field| field.tag.is_none() && field.versions.contains(version))
            .map(|field| self.field_size_min(field, version))
            .sum();
        (fields + usize::from(flexible)).max(1)
    }

    fn field_size_min(&self, field: &Field, version: i16) -> usize {
        match &field.kind {
            Type::Struct(_) if is_option(field) => 1,
            Type::Struct(name) => match self
                .message
                .structs
                .iter()
                .find(|found| found.name == *name)
            {
                Some(found) => self.struct_size_min(found, version),
                None => 1,
            },
            kind => size_min(kind, self.is_flexible(version) && !field.never_flexible),
        }
    }

    fn emit_sample(&self, structure: &Struct, code: &mut String) -> Result<(), SchemaError> {
        let name = &self.rust_names[&structure.name];
        let mut body = String::new();
        for (index, field) in structure.fields.iter().enumerate() {
            let sample = self.sample_value(&field.kind, field, index);
            let sample = match (is_option(field), field.nullable) {
                (false, _) => sample,
                (true, None) => format!("Some({sample})"),
                (true, Some(range)) => {
                    let condition = match inside(range, field.versions) {
                        Some(condition) => format!("nulls && {condition}"),
                        None => "nulls".to_owned(),
                    };
                    format!("if {condition} {{ None }} else {{ Some({sample}) }}")
                }
            };
            let statement = format!("value.{} = {sample};", member(field));
            body.push_str(&guarded(field.versions, structure.versions, &statement));
        }
        let binding = match structure.fields.is_empty() {
            true => "let",
            false => "let mut",
        };
        let version = version_parameter(&body);
        let nulls = match mentions(&body, "nulls") {
            true => "nulls",
            false => "_nulls",
        };
        writeln!(
            code,
            "#[cfg(test)] impl {name} {{ pub(crate) fn sample({version}: i16, {nulls}: bool) -> Self {{ {binding} value = Self::default();\n {body} value }} }}\n"
        )?;
        Ok(())
    }

    /// A value that differs from the default and from its neighbours'.
    fn sample_value(&self, kind: &Type, field: &Field, index: usize) -> String {
        let number = index + 17;
        match kind {
            Type::Bool => (field.default.as_deref() != Some("true")).to_string(),
            Type::Float64 => format!("{number}.5"),
            Type::Int8 | Type::Int16 | Type::Uint16 => number.to_string(),
            Type::Int32 | Type::Uint32 => format!("0x0102_03{number:02x}"),
            Type::Int64 => format!("0x0102_0304_0506_07{number:02x}"),
            Type::Uuid => format!("Uuid::from_u128({number} << 64 | 5)"),
            Type::String => format!("\"{}-{number}\".to_owned()", snake_case(&field.name)),
            Type::Bytes | Type::Records => format!("Bytes::from_static(&[{number}; 150])"),
            Type::Struct(name) => format!("{}::sample(version, nulls)", self.rust_names[name]),
            Type::Array(element) => {
                let first = self.sample_value(element, field, index);
                let second = self.sample_value(element, field, index + 40);
                format!("vec![{first}, {second}]")
            }
        }
    }

    fn member_type(&self, field: &Field) -> String {
        let name = self.type_name(&field.kind);
        match is_option(field) {
            true => format!("Option<{name}>"),
            false => name,
        }
    }

    fn type_name(&self, kind: &Type) -> String {
        match kind {
            Type::Bool => "bool".to_owned(),
            Type::Int8 => "i8".to_owned(),
            Type::Int16 => "i16".to_owned(),
            Type::Uint16 => "u16".to_owned(),
            Type::Int32 => "i32".to_owned(),
            Type::Uint32 => "u32".to_owned(),
            Type::Int64 => "i64".to_owned(),
            Type::Float64 => "f64".to_owned(),
            Type::Uuid => "Uuid".to_owned(),
            Type::String => "String".to_owned(),
            Type::Bytes | Type::Records => "Bytes".to_owned(),
            Type::Struct(name) => self.rust_names[name].clone(),
            Type::Array(element) => format!("Vec<{}>", self.type_name(element)),
        }
    }

    fn has_rust_default(&self, field: &Field) -> bool {
        if is_option(field) {
            return has_null_default(field);
        }
        match (&field.kind, field.default.as_deref()) {
            (_, None) => true,
            (Type::String, Some(text)) => text.is_empty(),
            (Type::Bool, Some(text)) => text == "false",
            (_, Some(text)) => text == "0",
        }
    }

    fn default_value(&self, field: &Field) -> Result<String, SchemaError> {
        if is_option(field) && has_null_default(field) {
            return Ok("None".to_owned());
        }
        let value = match &field.kind {
            Type::Bool => field.default.clone().unwrap_or_else(|| "false".to_owned()),
            Type::Int8 | Type::Int16 | Type::Uint16 | Type::Int32 | Type::Uint32 | Type::Int64 => {
                integer(field.default.as_deref())?
            }
            Type::Float64 => "0.0".to_owned(),
            Type::Uuid => "Uuid::nil()".to_owned(),
            Type::String => match field.default.as_deref() {
                None | Some("") => "String::new()".to_owned(),
                Some(text) => format!("{text:?}.to_owned()"),
            },
            Type::Bytes | Type::Records => "Bytes::new()".to_owned(),
            Type::Struct(name) => format!("{}::default()", self.rust_names[name]),
            Type::Array(_) => "Vec::new()".to_owned(),
        };
        match is_option(field) {
            true => Ok(format!("Some({value})")),
            false => Ok(value),
        }
    }

    fn differs_from_default(&self, field: &Field) -> Result<String, SchemaError> {
        let place = format!("self.{}", member(field));
        if is_option(field) {
            return Ok(match (has_null_default(field), &field.kind) {
                (true, _) => format!("{place}.is_some()"),
                (false, Type::Struct(name)) => {
                    let name = &self.rust_names[name];
                    format!("{place}.as_ref().is_none_or(|value| *value != {name}::default())")
                }
                (false, _) => format!("{place}.as_ref().is_none_or(|value| !value.is_empty())"),
            });
        }
        Ok(match &field.kind {
            Type::Bool if field.default.as_deref() == Some("true") => format!("!{place}"),
            Type::Bool => place,
            Type::Uuid => format!("!{place}.is_nil()"),
            Type::Bytes | Type::Records | Type::Array(_) => format!("!{place}.is_empty()"),
            Type::String if field.default.as_deref().unwrap_or_default().is_empty() => {
                format!("!{place}.is_empty()")
            }
            _ => format!("{place} != {}", self.default_value(field)?),
        })
    }

    fn is_element(&self, name: &str) -> bool {
        let element = Type::Array(Box::new(Type::Struct(name.to_owned())));
        self.message
            .structs
            .iter()
            .flat_map(|structure| &structure.fields)
            .any(|field| field.kind == element)
    }

    fn element_size_min(&self, element: &Type, flexible: &str) -> String {
        if let Type::Struct(name) = element {
            return format!("{}::encoded_bytes_min(version)", self.rust_names[name]);
        }
        let (compact, classic) = (size_min(element, true), size_min(element, false));
        match flexible {
            "true" => compact.to_string(),
            "false" => classic.to_string(),
            _ if compact == classic => compact.to_string(),
            _ => format!("if flexible {{ {compact} }} else {{ {classic} }}"),
        }
    }

    fn is_flexible(&self, version: i16) -> bool {
        self.message
            .flexible
            .is_some_and(|range| range.contains(version))
    }

    fn flexible_range(&self, structure: &Struct) -> Option<Versions> {
        self.message.flexible?.intersect(structure.versions)
    }

    /// `let flexible = …;` when it is neither always nor never so.
    fn flexible_statement(&self, structure: &Struct) -> String {
        match self
            .flexible_range(structure)
            .and_then(|range| inside(range, structure.versions))
        {
            Some(condition) => format!("let flexible = {condition};\n"),
            None => String::new(),
        }
    }

    fn flexible_word(&self, structure: &Struct, field: &Field) -> &'static str {
        let Some(range) = self.flexible_range(structure) else {
            return "false";
        };
        if field.never_flexible || range.intersect(field.versions).is_none() {
            return "false";
        }
        match inside(range, field.versions) {
            Some(_) => "flexible",
            None => "true",
        }
    }

    fn when_flexible(&self, structure: &Struct, statement: &str) -> String {
        match self.flexible_range(structure) {
            None => String::new(),
            Some(range) => match inside(range, structure.versions) {
                Some(_) => format!("if flexible {{ {statement} }}\n"),
                None => format!("{statement}\n"),
            },
        }
    }
}

/// The condition under which a version of `outer` lies in `range`; none when all do.
fn inside(range: Versions, outer: Versions) -> Option<String> {
    let Versions { low, high } = range;
    match (low <= outer.low, high >= outer.high) {
        (true, true) => None,
        (false, true) => Some(format!("version >= {low}")),
        (true, false) => Some(format!("version <= {high}")),
        (false, false) if low == high => Some(format!("version == {low}")),
        (false, false) => Some(format!("({low}..={high}).contains(&version)")),
    }
}

/// The condition under which a version of `outer` lies outside `range`; none when all lie inside.
fn outside(range: Versions, outer: Versions) -> Option<String> {
    let Versions { low, high } = range;
    match (low <= outer.low, high >= outer.high) {
        (true, true) => None,
        (false, true) => Some(format!("version < {low}")),
        (true, false) => Some(format!("version > {high}")),
        (false, false) if low == high => Some(format!("version != {low}")),
        (false, false) => Some(format!("!({low}..={high}).contains(&version)")),
    }
}

fn guarded(range: Versions, outer: Versions, statement: &str) -> String {
    match inside(range, outer) {
        Some(condition) => format!("if {condition} {{ {statement} }}\n"),
        None => format!("{statement}\n"),
    }
}

fn version_parameter(body: &str) -> &'static str {
    match mentions(body, "version") {
        true => "version",
        false => "_version",
    }
}

/// Whether the code uses the name, and not only a member or a longer word of that name.
pub fn mentions(code: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(start, found)| {
        let before = code[..start].chars().next_back();
        let after = code[start + found.len()..].chars().next();
        !before.is_some_and(|letter| is_word(letter) || letter == '.')
            && !after.is_some_and(is_word)
    })
}

fn versions_phrase(subject: &str, versions: Versions) -> String {
    let Versions { low, high } = versions;
    match low == high {
        true => format!("{subject} of version {low}."),
        false => format!("{subject} of versions {low} to {high}."),
    }
}

fn tagged_fields(structure: &Struct) -> Vec<(u32, &Field)> {
    let mut tagged: Vec<_> = structure
        .fields
        .iter()
        .filter_map(|field| field.tag.map(|(tag, _)| (tag, field)))
        .collect();
    tagged.sort_by_key(|(tag, _)| *tag);
    tagged
}

fn size_min(kind: &Type, flexible: bool) -> usize {
    match kind {
        Type::Bool | Type::Int8 | Type::Struct(_) => 1,
        Type::Int16 | Type::Uint16 => 2,
        Type::Int32 | Type::Uint32 => 4,
        Type::Int64 | Type::Float64 => 8,
        Type::Uuid => 16,
        _ if flexible => 1,
        Type::String => 2,
        Type::Bytes | Type::Records | Type::Array(_) => 4,
    }
}

fn is_option(field: &Field) -> bool {
    field.nullable.is_some() || field.default.as_deref() == Some("null")
}

/// Kafka starts nullable strings, bytes and arrays as empty unless told otherwise, and records as null.
fn has_null_default(field: &Field) -> bool {
    field.kind == Type::Records || field.default.as_deref() == Some("null")
}

fn integer(text: Option<&str>) -> Result<String, SchemaError> {
    let text = text.unwrap_or("0");
    let value: i64 = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16)?,
        None => text.parse()?,
    };
    Ok(value.to_string())
}

fn what(structure: &Struct, field: &Field) -> String {
    format!("\"{}.{}\"", structure.name, field.name)
}

fn member(field: &Field) -> String {
    let name = snake_case(&field.name);
    match name.as_str() {
        "type" | "match" => format!("r#{name}"),
        _ => name,
    }
}

/// `TopicId` to `topic_id`, `KRaftVersion` to `k_raft_version`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_lower = index > 0 && !letters[index - 1].is_ascii_uppercase();
        let before_lower = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && index > 0 && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
